// Texts of the query: its field, suggestions, help and errors.
import type { SuggestionKind } from '../../../api/client';
import { plural } from '../../../components/format';

const kinds: Record<SuggestionKind, string> = {
  field: 'field',
  key: 'metadata',
  fact: 'fact',
  tag: 'tag',
  value: 'value',
  operator: 'operator',
  sort: 'order',
  keyword: 'keyword',
};

export const text = {
  label: 'Query',
  placeholder: 'Search names, metadata, tags',
  clear: 'Clear the query',
  suggestions: 'Suggestions',
  kinds,
  assets: (number: number) => plural(number, { one: '# asset', other: '# assets' }),
  offered: (number: number) => plural(number, { one: '# suggestion', other: '# suggestions' }),
  more: 'More exist: keep typing',
  keys: [
    { keys: ['↑', '↓'], action: 'choose' },
    { keys: ['Tab'], action: 'take' },
    { keys: ['Enter'], action: 'search' },
  ],

  syntax: 'Syntax',
  syntaxTitle: 'Query syntax',
  understood: 'How this query is understood',
  order: (order: string[]) => `Ordered by ${order.join(', ')}.`,
  examples: [
    { query: 'sunset', meaning: 'names that contain this word' },
    { query: 'metadata.place:"Harbour"', meaning: 'an exact value' },
    { query: 'metadata.score>0.8', meaning: 'a numeric comparison' },
    { query: 'tag:review -tag:blurred', meaning: 'one tag without another' },
    { query: 'cat OR dog', meaning: 'either word' },
    { query: 'path:2026/north/**', meaning: 'keys below a folder' },
    { query: 'class:forklift>=3', meaning: 'at least three annotations of a class' },
    { query: 'kind:video facts.duration_s>60', meaning: 'videos longer than a minute' },
    { query: 'created:2026-01..2026-03', meaning: 'a period of time' },
    { query: 'sort:size:desc', meaning: 'largest first' },
  ],
};
