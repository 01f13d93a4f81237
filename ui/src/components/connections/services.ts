// Where storage can be. Small: the routes know these names too.
export const SERVICE_NAMES = ['aws', 's3', 'gcs', 'azure', 'local'] as const;
export type Service = (typeof SERVICE_NAMES)[number];
