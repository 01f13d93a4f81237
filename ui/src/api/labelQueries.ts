// The queries of ontologies and of the numbers of their annotations.
import { queryOptions } from '@tanstack/react-query';
import { answer, client } from './client';

const keys = {
  ontologies: ['ontologies'],
  counts: ['label-counts'],
} as const;

export const labelQueries = {
  keys,

  ontologies: () =>
    queryOptions({
      queryKey: keys.ontologies,
      queryFn: ({ signal }) => answer(client.GET('/api/v1/ontologies', { signal })),
    }),

  ontology: (name: string) =>
    queryOptions({
      queryKey: [...keys.ontologies, 'one', name],
      queryFn: ({ signal }) => answer(client.GET('/api/v1/ontologies/{name}', { params: { path: { name } }, signal })),
    }),

  /** How many annotations each class has, of all assets. */
  counts: () =>
    queryOptions({
      queryKey: keys.counts,
      queryFn: ({ signal }) => answer(client.GET('/api/v1/labels/stats', { signal })),
    }),
};
