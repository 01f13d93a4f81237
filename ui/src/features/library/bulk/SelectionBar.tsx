// What can be done with the selection, above the lower edge of the grid so that nothing moves when it comes.
import { useState } from 'react';
import { focusBack } from '../../../components/focus';
import { IconButton } from '../../../components/Icon';
import { lazyPart } from '../../../components/lazyPart';
import { usePermission } from '../../../components/usePermission';
import { trashIn } from '../query/terms';
import type { Result } from '../Results';
import { isEmpty, sizeOf } from '../selection';
import type { Selecting } from '../useSelection';
import type { BulkAction } from './Frame';
import { text } from './text';

// Not part of the library's first load.
const BulkDialog = lazyPart(() => import('./BulkDialogs'), 'BulkDialog');

export function SelectionBar({ selecting, result }: { selecting: Selecting; result: Result }) {
  const { selection, problem, all, none } = selecting;
  const [action, setAction] = useState<BulkAction>();
  const may = usePermission();
  const clear = () => {
    const back = focusBack(); // to the grid: the bar goes with its button
    none();
    setTimeout(back);
  };
  if (isEmpty(selection) && action === undefined) return null;
  const everything = selection.kind === 'all' && selection.except.size === 0;
  const { total, total_capped } = result.first;
  const trash = trashIn(result.query);
  const actions: BulkAction[] = [
    ...(may('assets:edit') ? (['tags', 'metadata'] as const) : []),
    ...(may('assets:edit') && may('projects:edit') ? (['projects', 'split'] as const) : []),
    ...(may('assets:edit') && trash !== 'none' ? (['restore'] as const) : []),
    'export',
    ...(may('assets:edit') && trash !== 'only' ? (['reprocess', 'trash'] as const) : []),
  ];
  return (
    <>
      <div className="selection-bar" role="toolbar" aria-label={text.bar}>
        <IconButton icon="close" label={text.clear} onClick={clear} small />
        <output>{text.selected(sizeOf(selection), selection.kind === 'all' && selection.capped)}</output>
        {everything ? null : (
          <button type="button" className="link" onClick={all}>
            {text.selectAll(total, total_capped)}
          </button>
        )}
        <div className="selection-actions">
          {actions.map((one) => (
            <button key={one} type="button" onClick={() => setAction(one)} aria-haspopup="dialog">
              {text.actions[one]}
            </button>
          ))}
        </div>
        {problem === undefined ? null : (
          <p className="selection-problem" role="alert">
            {problem}
          </p>
        )}
      </div>
      {action === undefined ? null : (
        <BulkDialog
          action={action}
          selection={selection}
          close={() => setAction(undefined)}
          done={() => {
            setAction(undefined);
            none();
          }}
        />
      )}
    </>
  );
}
