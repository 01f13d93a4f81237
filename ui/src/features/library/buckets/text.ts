// Texts of the buckets that the library comes from.
export const text = {
  title: 'Connected buckets',
  none: 'Nothing is connected yet.',
  sources: 'Datasources',
  others: 'Datasources without a connection',
};
