// Texts of running stages of processing again.
import { plural } from '../../../components/format';

const assets = (number: number) => plural(number, { one: '# asset', other: '# assets' });

export const text = {
  title: (number: number) => `Reprocess ${assets(number)}`,
  open: 'Reprocess',
  explanation: 'Ids, tags, annotations and metadata of people stay.',
  stages: {
    look: {
      label: 'Read the objects',
      hint: 'Facts, digest and thumbnail, in a run for each datasource.',
    },
    text: { label: 'Read the text in pictures', hint: 'Of datasources that have it turned on.' },
    embedding: { label: 'Compute what search by likeness compares', hint: 'From the thumbnails.' },
  },
  function: (name: string) => `Call the function ${name}`,
  functionHint: (query: string) => (query === '' ? undefined : `Otherwise called for \`${query}\`.`),
  onlyFailed: 'Call functions only where their last call failed',
  apply: 'Reprocess',
  nothing: 'None of these assets can be processed like this.',
  started: 'Started. The page Jobs shows the progress.',

  doing: {
    look: (number: number) => `Reading ${assets(number)} again…`,
    text: (number: number) => `Reading the text in ${assets(number)} again…`,
    embedding: (number: number) => `Computing the likeness of ${assets(number)} again…`,
    function: (number: number) => `Calling a function for ${assets(number)} again…`,
  },
  done: {
    look: 'The objects were read again.',
    text: 'The text in pictures was read again.',
    embedding: 'Search by likeness is up to date again.',
    function: 'The function was called again.',
  },
};
