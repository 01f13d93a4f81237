// The panel beside the grid; on a narrow screen a drawer above it, which Escape closes.
import { useEffect, useId, useRef } from 'react';
import { IconButton } from '../../../components/Icon';
import { Facets } from './Facets';
import { Folders } from './Folders';
import { text } from './text';
import './panel.css';

export type PanelTab = 'filters' | 'folders';
const TABS: PanelTab[] = ['filters', 'folders'];

interface Props {
  tab: PanelTab;
  choose: (tab: PanelTab) => void;
  close: () => void;
  query: string;
  ready: boolean;
  wrong: boolean; // the query has a mistake
}

export function Panel({ tab, choose, close, query, ready, wrong }: Props) {
  const id = useId();
  const element = useRef<HTMLElement>(null);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const inside = element.current?.contains(document.activeElement) === true;
      if (event.key === 'Escape' && inside && !(event.target instanceof HTMLInputElement)) close();
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  });
  const moveTab = (by: number) => {
    const next = TABS[(TABS.indexOf(tab) + by + TABS.length) % TABS.length] ?? tab;
    choose(next);
    document.getElementById(`${id}${next}`)?.focus();
  };
  return (
    <>
      <div className="sidebar-shade" aria-hidden="true" onPointerDown={close} />
      <aside ref={element} className="sidebar" aria-label={text.label}>
        <div className="sidebar-head">
          <div role="tablist" aria-label={text.label}>
            {TABS.map((one) => (
              <button
                key={one}
                id={id + one}
                type="button"
                role="tab"
                aria-selected={one === tab}
                aria-controls={`${id}panel`}
                tabIndex={one === tab ? 0 : -1}
                onClick={() => choose(one)}
                onKeyDown={(event) => {
                  if (event.key === 'ArrowRight') moveTab(1);
                  if (event.key === 'ArrowLeft') moveTab(-1);
                }}
              >
                {text.tabs[one]}
              </button>
            ))}
          </div>
          <IconButton icon="close" label={text.close} onClick={close} small />
        </div>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
        <div id={`${id}panel`} className="sidebar-body" role="tabpanel" aria-labelledby={id + tab} tabIndex={0}>
          {tab === 'filters' ? <Facets query={query} ready={ready} wrong={wrong} /> : <Folders query={query} />}
        </div>
      </aside>
    </>
  );
}
