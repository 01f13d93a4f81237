// Texts beside the open asset: its facts, metadata, history and where it is used. They come with what shows them.
import { count, plural } from '../../../components/format';

export const text = {
  asset: {
    dimensions: (width: number | null, height: number | null, size: string, format: string) =>
      [width === null || height === null ? [] : `${count(width)} × ${count(height)}`, size, format].flat().join(' · '),
    parts: {
      warnings: 'Warnings',
      annotations: 'Annotations',
      metadata: 'Metadata',
      camera: 'Camera',
      pictureText: 'Text in the picture',
      place: 'Place',
      media: 'Media',
      source: 'Source',
      file: 'File',
      history: 'History',
      trash: 'In the trash',
    },
    trashExplanation:
      'Search results leave this asset out. Restoring keeps its tags, metadata and projects; without its object, the asset is marked missing. If it is here because its object was gone, it is restored when the object returns.',
    restore: 'Restore',
    restoring: 'Restoring…',
    toTrash: 'Move to trash',
    trashing: 'Moving to the trash…',
    key: 'Key',
    modified: 'Modified',
    added: 'Added',
    sidecar: 'Sidecar',
    pictureText: {
      none: 'No text was found.',
      failed: (why: string) => `It could not be read. ${why}`,
      failedAgain: (why: string) => `It could not be read again; this is the former text. ${why}`,
      shortened: 'The picture has more text, which is not kept.',
      what: 'the text in the picture',
    },
    duplicate: 'Same bytes',
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

  annotations: {
    show: (name: string) => `Show ${name}`,
    all: 'All',
    nothing: 'None',
  },

  history: {
    show: 'Show who changed it',
    none: 'Nobody has changed it since it was added.',
    more: 'Older changes',
    actions: {
      edit: 'edited',
      bulk_edit: 'edited with others',
      undo: 'undid an edit',
      restore: 'restored',
      trash: 'moved to the trash',
      annotate: 'annotated',
      import_labels: 'imported labels',
      label_file: 'label file',
    } as Record<string, string>,
    by: (actor: string, action: string) => `${actor} · ${action}`,
    value: (key: string, before: string, after: string) => `${key}: ${before} → ${after}`,
    annotations: (sign: string, number: number, ontology: string | null) => {
      const annotations = plural(number, { one: '# annotation', other: '# annotations' });
      return ontology === null ? `${sign} ${annotations}` : `${sign} ${annotations} of ${ontology}`;
    },
    nothing: '–',
  },

  used: {
    title: 'Where it is used',
    projects: 'Projects',
    snapshots: 'Snapshots',
    frozen: (time: string, note: string) => (note === '' ? `Frozen ${time}` : `Frozen ${time}: ${note}`),
    newest: (number: number) => `The newest ${count(number)} are shown.`,
  },

  similar: {
    same: 'Almost the same',
    allSame: 'Show the near-duplicates',
    like: 'Similar pictures',
    allLike: 'Show what is similar',
  },

  map: {
    label: (latitude: string, longitude: string) => `Position on a map: ${latitude}, ${longitude}`,
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
    valuePlaceholder: '95 or text',
    set: 'Set',
    noNull: 'A metadata value cannot be null. Remove the key, or write "null" in quotes.',
    elsewhere: {
      string: 'Other assets have text here. Put the value in quotes to make it text.',
      number: 'Other assets have a number here.',
      boolean: 'Other assets have true or false here.',
    },
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
    duration: 'Duration',
    frameRate: 'Frame rate',
    sampleRate: 'Sample rate',
    audioRate: 'Audio rate',
    yes: 'yes',
    no: 'no',
  },
};
