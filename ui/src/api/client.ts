// The typed REST client: paths, parameters and answers come from the generated schema.
import createClient from 'openapi-fetch';
import { noAnswer, Problem, unexpectedAnswer } from './problem';
import { noteReached } from './reachable';
import type { components, paths } from './schema';
import { noteStatus } from './sessionEnd';
import { chosenWorkspace, HEADER, inWorkspace } from './workspace';

type Schemas = components['schemas'];
export type AbilityCheck = Schemas['AbilityCheck'];
export type About = Schemas['About'];
export type Activity = Schemas['Activity'];
export type Annotation = Schemas['Annotation'];
export type ApiKey = Schemas['ApiKey'];
export type AssetFull = Schemas['AssetDetail'];
export type AssetItem = Schemas['Asset'];
export type AssetPage = Schemas['AssetPage'];
export type AssetState = Schemas['AssetState'];
export type BulkChange = Schemas['BulkChange'];
export type BulkEditPreview = Schemas['BulkEditPreview'];
export type CallState = Schemas['CallState'];
export type ClassCount = Schemas['ClassCount'];
export type Completions = Schemas['Completions'];
export type Connection = Schemas['Connection'];
export type ConnectionDocuments = Schemas['ConnectionDocuments'];
export type ConnectionKind = Schemas['ConnectionKind'];
export type Datasource = Schemas['DatasourceSummary'];
export type DatasourceChange = Schemas['DatasourceChange'];
export type DatasourceStatus = Schemas['DatasourceStatus'];
export type Deletion = Schemas['Deletion'];
export type Delivery = Schemas['Delivery'];
export type Depth = Schemas['Depth'];
export type DeliveryState = Schemas['DeliveryState'];
export type DuplicateGroup = Schemas['DuplicateGroup'];
export type EventStatus = Schemas['EventStatus'];
export type ExportBody = Schemas['ExportBody'];
export type ExportFormat = Schemas['ExportFormat'];
export type Facet = Schemas['Facet'];
export type Folder = Schemas['Folder'];
export type FunctionEvent = Schemas['FunctionEvent'];
export type Health = Schemas['Health'];
export type HistoryEntry = Schemas['HistoryEntry'];
export type FrozenAsset = Schemas['SnapshotAsset'];
export type GoneAsset = Schemas['GoneAsset'];
export type Hold = Schemas['Hold'];
export type Identity = Schemas['Identity'];
export type Likeness = Schemas['Likeness'];
export type Job = Schemas['Job'];
export type JobKind = Schemas['JobKind'];
export type KeyPlace = Schemas['KeyPlace'];
export type KnownKey = Schemas['KnownKey'];
export type LabelClass = Schemas['LabelClass'];
export type LabelSidecars = Schemas['LabelSidecars'];
export type LabelStrategy = Schemas['LabelStrategy'];
export type LeftOutKind = Schemas['LeftOutKind'];
export type LocationPreview = Schemas['LocationPreview'];
export type LocationSummary = Schemas['LocationSummary'];
export type MasterKeys = Schemas['MasterKeys'];
export type MatchBy = Schemas['MatchBy'];
export type MediaKind = Schemas['MediaKind'];
export type Member = Schemas['Member'];
export type MetadataStrategy = Schemas['MetadataStrategy'];
export type MirrorConfig = Schemas['MirrorConfig'];
export type NamingStrategy = Schemas['NamingStrategy'];
export type Ontology = Schemas['Ontology'];
export type Orphans = Schemas['Orphans'];
export type Outcome = Schemas['Outcome'];
export type OutcomeKind = Schemas['OutcomeKind'];
export type OwnFunction = Schemas['Function'];
export type Permission = Schemas['Permission'];
export type PictureText = Schemas['PictureText'];
export type Policies = Schemas['Policies'];
export type Preview = Schemas['Preview'];
export type Project = Schemas['Project'];
export type ProjectDetail = Schemas['ProjectDetail'];
export type Provider = Schemas['Provider'];
export type Purge = Schemas['Purge'];
export type ReceiverKind = Schemas['ReceiverKind'];
export type Role = Schemas['Role'];
export type Run = Schemas['Run'];
export type RunCounts = Schemas['Counts'];
export type RunFlag = Schemas['RunFlag'];
export type RunState = Schemas['RunState'];
export type SavedSearch = Schemas['SavedSearch'];
export type SidecarFormat = Schemas['SidecarFormat'];
export type Shape = Schemas['Shape'];
export type IndexSource = Schemas['IndexSource'];
export type IndexState = Schemas['IndexState'];
export type SearchIndex = Schemas['SearchIndex'];
export type Selected = Schemas['Selected'];
export type Session = Schemas['Session'];
export type Snapshot = Schemas['Snapshot'];
export type SnapshotChange = Schemas['SnapshotChange'];
export type SnapshotComparison = Schemas['SnapshotComparison'];
export type SplitCounts = Schemas['SplitCounts'];
export type SplitSettings = Schemas['SplitSettings'];
export type Storage = Schemas['Storage'];
export type Subject = Schemas['Subject'];
export type Suggestion = Schemas['Suggestion'];
export type SuggestionKind = Schemas['SuggestionKind'];
export type Webhook = Schemas['Webhook'];
export type WebhookEvent = Schemas['WebhookEvent'];
export type Workspace = Schemas['Workspace'];

export const PAGE_SIZE = 100; // items of one request

export const client = createClient<paths>({
  headers: { accept: 'application/json' },
  fetch: (request) => {
    const workspace = chosenWorkspace();
    if (workspace !== undefined) request.headers.set(HEADER, encodeURIComponent(workspace));
    return fetch(request); // looked up per call, so that tests can replace it
  },
});

/**
 * The data of a request. Every failure becomes a `Problem`, except for a request that was aborted.
 *
 *     const run = await answer(client.GET('/api/v1/runs/{run_id}', { params: { path: { run_id: 7 } } }));
 */
export async function answer<T>(request: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<T> {
  let result: Awaited<typeof request>;
  try {
    result = await request;
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    noteReached(false);
    throw noAnswer();
  }
  noteReached(true);
  const { data, error, response } = result;
  if (response.ok) return data as T;
  const described = response.headers.get('content-type')?.startsWith('application/problem+json');
  const problem = described ? new Problem(error as Schemas['Problem']) : unexpectedAnswer(response.status);
  // A wrong password is refused with the same status, and the session goes on.
  if (problem.document.type !== 'urn:mirrorlake:sign-in-refused') noteStatus(response.status);
  throw problem;
}

/** The address of a thumbnail. It changes whenever the asset does, so the browser may cache the image forever. */
export function thumbnailUrl(asset: AssetItem): string {
  return inWorkspace(`/api/v1/assets/${encodeURIComponent(asset.id)}/thumbnail?v=${encodeURIComponent(asset.updated)}`);
}

/** The address of a larger picture than the thumbnail, cached like it. */
export function previewUrl(asset: AssetItem, page = 1): string {
  const version = encodeURIComponent(asset.updated);
  return inWorkspace(`/api/v1/assets/${encodeURIComponent(asset.id)}/preview?page=${page}&v=${version}`);
}

/** The address of the frames of a video beside each other, cached like its thumbnail. */
export function stripUrl(asset: AssetItem): string {
  const version = encodeURIComponent(asset.updated);
  return inWorkspace(`/api/v1/assets/${encodeURIComponent(asset.id)}/preview?kind=strip&v=${version}`);
}

/** Where a bucket has an address for it, the server leads there; `direct`: it sends the bytes. */
export function originalUrl(asset: AssetItem, { direct = false } = {}): string {
  return inWorkspace(`/api/v1/assets/${encodeURIComponent(asset.id)}/original${direct ? '?direct=true' : ''}`);
}

/** The address of the file of an export of labels, which the server keeps for a day. */
export function labelExportUrl(job: number, file: string): string {
  return inWorkspace(`/api/v1/labels/exports/${job}/files/${encodeURIComponent(file)}`);
}

/** The address of a file of an export, which the server keeps for a day. */
export function exportUrl(job: number, file: string): string {
  return inWorkspace(`/api/v1/exports/${job}/files/${encodeURIComponent(file)}`);
}
