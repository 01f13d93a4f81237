// Made by scripts/openapi.py from connections/kinds.py and connections/presets.py.
export const KINDS = {
  'aws-keys': {
    provider: 's3',
    settings: ['account', 'allow_writes', 'bucket', 'endpoint', 'path_style', 'prefix', 'preset', 'proxy', 'region', 'requester_pays'],
    secrets: ['access_key_id', 'proxy_login', 'secret_access_key', 'session_token'],
    required: ['access_key_id', 'secret_access_key'],
  },
  'aws-role': {
    provider: 's3',
    settings: ['account', 'allow_writes', 'bucket', 'endpoint', 'path_style', 'prefix', 'preset', 'proxy', 'region', 'requester_pays', 'role_arn', 'session_name', 'sts_endpoint'],
    secrets: ['access_key_id', 'proxy_login', 'secret_access_key', 'session_token'],
    required: [],
  },
  'aws-ambient': {
    provider: 's3',
    settings: ['account', 'allow_writes', 'bucket', 'endpoint', 'path_style', 'prefix', 'preset', 'proxy', 'region', 'requester_pays'],
    secrets: ['proxy_login'],
    required: [],
  },
  'aws-web-identity': {
    provider: 's3',
    settings: ['account', 'allow_writes', 'bucket', 'endpoint', 'path_style', 'prefix', 'preset', 'proxy', 'region', 'requester_pays', 'role_arn', 'session_name', 'sts_endpoint'],
    secrets: ['proxy_login'],
    required: ['role_arn'],
  },
  'aws-bucket-policy': {
    provider: 's3',
    settings: ['account', 'allow_writes', 'bucket', 'endpoint', 'path_style', 'prefix', 'preset', 'proxy', 'region', 'requester_pays'],
    secrets: ['access_key_id', 'proxy_login', 'secret_access_key', 'session_token'],
    required: [],
  },
  's3': {
    provider: 's3',
    settings: ['account', 'allow_writes', 'bucket', 'endpoint', 'path_style', 'prefix', 'preset', 'proxy', 'region', 'requester_pays'],
    secrets: ['access_key_id', 'proxy_login', 'secret_access_key', 'session_token'],
    required: ['access_key_id', 'endpoint', 'secret_access_key'],
  },
  's3-anonymous': {
    provider: 's3',
    settings: ['account', 'allow_writes', 'bucket', 'endpoint', 'path_style', 'prefix', 'preset', 'proxy', 'region'],
    secrets: ['proxy_login'],
    required: [],
  },
  'gcs-service-account': {
    provider: 'gs',
    settings: ['allow_writes', 'bucket', 'endpoint', 'prefix', 'project', 'proxy', 'region', 'requester_pays'],
    secrets: ['credentials_json', 'proxy_login'],
    required: ['credentials_json'],
  },
  'gcs-workload-identity': {
    provider: 'gs',
    settings: ['allow_writes', 'bucket', 'prefix', 'project', 'region', 'requester_pays'],
    secrets: ['credentials_json'],
    required: ['credentials_json'],
  },
  'gcs-ambient': {
    provider: 'gs',
    settings: ['allow_writes', 'bucket', 'prefix', 'project', 'region', 'requester_pays'],
    secrets: [],
    required: [],
  },
  'gcs-hmac': {
    provider: 'gs',
    settings: ['allow_writes', 'bucket', 'endpoint', 'prefix', 'project', 'proxy', 'region', 'requester_pays'],
    secrets: ['access_key_id', 'proxy_login', 'secret_access_key'],
    required: ['access_key_id', 'secret_access_key'],
  },
  'gcs-anonymous': {
    provider: 'gs',
    settings: ['allow_writes', 'bucket', 'endpoint', 'prefix', 'proxy', 'region'],
    secrets: ['proxy_login'],
    required: [],
  },
  'azure-key': {
    provider: 'az',
    settings: ['account', 'allow_writes', 'bucket', 'endpoint', 'prefix', 'proxy', 'region'],
    secrets: ['account_key', 'proxy_login'],
    required: ['account', 'account_key'],
  },
  'azure-sas': {
    provider: 'az',
    settings: ['account', 'allow_writes', 'bucket', 'endpoint', 'prefix', 'proxy', 'region'],
    secrets: ['proxy_login', 'sas_token'],
    required: ['account', 'sas_token'],
  },
  'azure-connection-string': {
    provider: 'az',
    settings: ['account', 'allow_writes', 'bucket', 'endpoint', 'prefix', 'proxy', 'region'],
    secrets: ['connection_string', 'proxy_login'],
    required: ['connection_string'],
  },
  'azure-service-principal': {
    provider: 'az',
    settings: ['account', 'allow_writes', 'bucket', 'client_id', 'endpoint', 'prefix', 'proxy', 'region', 'tenant_id'],
    secrets: ['client_secret', 'proxy_login'],
    required: ['account', 'client_id', 'client_secret', 'tenant_id'],
  },
  'azure-managed-identity': {
    provider: 'az',
    settings: ['account', 'allow_writes', 'bucket', 'client_id', 'prefix', 'region'],
    secrets: [],
    required: ['account'],
  },
  'azure-anonymous': {
    provider: 'az',
    settings: ['account', 'allow_writes', 'bucket', 'endpoint', 'prefix', 'proxy', 'region'],
    secrets: ['proxy_login'],
    required: ['account'],
  },
  'local': {
    provider: 'file',
    settings: ['bucket'],
    secrets: [],
    required: ['bucket'],
  },
} as const;

export const PRESETS = {
  'minio': { label: 'MinIO', address: null, region: 'us-east-1' },
  'seaweedfs': { label: 'SeaweedFS', address: null, region: 'us-east-1' },
  'ceph': { label: 'Ceph Object Gateway', address: null, region: 'us-east-1' },
  'wasabi': { label: 'Wasabi', address: 'https://s3.{region}.wasabisys.com', region: 'us-east-1' },
  'backblaze-b2': { label: 'Backblaze B2', address: 'https://s3.{region}.backblazeb2.com', region: null },
  'r2': { label: 'Cloudflare R2', address: 'https://{account}.r2.cloudflarestorage.com', region: 'auto' },
  'digitalocean-spaces': { label: 'DigitalOcean Spaces', address: 'https://{region}.digitaloceanspaces.com', region: null },
  'otc-obs': { label: 'Open Telekom Cloud OBS', address: 'https://obs.{region}.otc.t-systems.com', region: 'eu-de' },
  'gcs-hmac': { label: 'Google Cloud Storage with HMAC keys', address: 'https://storage.googleapis.com', region: 'auto' },
} as const;

/** The checks without which no run succeeds. */
export const ESSENTIAL: readonly string[] = ['authenticate', 'external id', 'get', 'head', 'list', 'reach endpoint', 'region'];
