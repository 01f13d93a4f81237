// Texts of the library: the query, the grid and the open asset.
import { count, plural } from '../../components/format';

export const text = {
  title: 'Library',
  runInProgress: 'Run in progress',
  trash: 'Trash',
  thumbnailSize: 'Thumbnail size',
  total: (number: number, capped: boolean) =>
    capped
      ? plural(number, { one: 'more than # asset', other: 'more than # assets' })
      : plural(number, { one: '# asset', other: '# assets' }),
  retrying: 'Retrying…',
  emptyTrash: {
    title: 'The trash is empty',
    explanation:
      'Assets whose objects are gone are moved here if their datasource is set to trash orphans. They can be restored.',
  },
  noResults: {
    title: 'No results',
    detail: 'No asset matches this query.',
    hint: 'A bare word searches names. `metadata.key:"value"` matches an exact value.',
    showAll: 'Show all assets',
  },
  grid: {
    label: 'Assets',
    unavailable: (name: string, state: string) => `${name}, ${state}`,
  },

  query: {
    label: 'Query',
    placeholder: 'Search names, metadata, tags',
    syntax: 'Syntax',
    syntaxTitle: 'Query syntax',
    examples: [
      { query: 'sunset', meaning: 'names that contain this word' },
      { query: 'metadata.place:"Harbour"', meaning: 'an exact value' },
      { query: 'metadata.score>0.8', meaning: 'a numeric comparison' },
      { query: 'tag:review NOT tag:blurred', meaning: 'assets with one tag and without another' },
      { query: 'datasource:"photos" (cat OR dog)', meaning: 'one datasource, either word' },
    ],
  },

  viewer: {
    untitled: 'Asset',
    facts: 'Facts',
    position: (index: number, total: number, capped: boolean) =>
      `${count(index + 1)} of ${count(total)}${capped ? '+' : ''}`,
    previous: 'Previous',
    next: 'Next',
    objectMissing: 'The object is gone from its source. This is its thumbnail.',
    originalUnavailable: 'The original could not be loaded. This is its thumbnail.',
  },

  asset: {
    dimensions: (width: number, height: number, size: string, format: string) =>
      `${count(width)} × ${count(height)} · ${size} · ${format}`,
    parts: {
      warnings: 'Warnings',
      metadata: 'Metadata',
      camera: 'Camera',
      source: 'Source',
      projects: 'Projects',
      file: 'File',
      trash: 'In the trash',
    },
    trashExplanation:
      'Search results leave this asset out. Restoring keeps its tags, metadata and projects; without its object, the asset is marked missing. If the object returns, the asset is restored automatically.',
    restore: 'Restore',
    restoring: 'Restoring…',
    key: 'Key',
    modified: 'Modified',
    added: 'Added',
    sidecar: 'Sidecar',
    storageClass: 'Storage class',
    version: 'Version',
    theAddress: 'the URI',
    openOriginal: 'Open the original',
    orientation: 'Orientation',
    upright: 'upright',
    turned: (orientation: number) => `EXIF ${orientation}, turned upright`,
    mediaType: 'Media type',
    digest: 'BLAKE3',
    changeToken: 'Change token',
    id: 'Asset ID',
  },

  tags: {
    label: 'Tags',
    add: 'Add a tag',
    remove: (tag: string) => `Remove the tag ${tag}`,
  },
  metadata: {
    columns: { key: 'Key', value: 'Value', setBy: 'Set by', actions: 'Actions' },
    setAt: (time: string) => `Set ${time}`,
    change: (key: string) => `Change ${key}`,
    remove: (key: string) => `Remove ${key}`,
    key: 'Metadata key',
    value: 'Metadata value',
    keyPlaceholder: 'key',
    valuePlaceholder: '95, true, "95" or text',
    set: 'Set',
    noNull: 'A metadata value cannot be null. Remove the key, or write "null" in quotes.',
  },

  facts: {
    camera: 'Camera',
    taken: 'Taken',
    lens: 'Lens',
    exposure: 'Exposure',
    aperture: 'Aperture',
    iso: 'ISO',
    focalLength: 'Focal length',
    focalLength35mm: '35 mm equivalent',
    flash: 'Flash',
    whiteBalance: 'White balance',
    software: 'Software',
    altitude: 'Altitude',
    position: 'Position',
    yes: 'yes',
    no: 'no',
  },
};
