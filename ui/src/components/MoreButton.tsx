// The end of a list that comes by pages: the next one on demand, and why it did not come.
import { describeError } from '../api/problem';
import { ErrorText } from './ErrorText';
import { text } from './text';

interface Props {
  hasNextPage: boolean;
  isFetchingNextPage: boolean;
  isFetchNextPageError: boolean;
  error: Error | null;
  fetchNextPage: () => unknown;
}

export function MoreButton({ list }: { list: Props }) {
  if (!list.hasNextPage) return null;
  return (
    <div className="row more">
      <button
        type="button"
        className="secondary"
        aria-disabled={list.isFetchingNextPage}
        onClick={() => (list.isFetchingNextPage ? undefined : void list.fetchNextPage())}
      >
        {list.isFetchingNextPage ? text.loading : text.more}
      </button>
      {list.isFetchNextPageError && list.error !== null ? <ErrorText text={describeError(list.error)} /> : null}
    </div>
  );
}
