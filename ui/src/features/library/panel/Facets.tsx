// The fields of the library. Only those that are open and in view are counted, and never before the grid has its page.
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { type RefObject, useEffect, useRef, useState } from 'react';
import { libraryQueries } from '../../../api/libraryQueries';
import { describeError } from '../../../api/problem';
import { Prose } from '../../../components/Rich';
import { chosenValues, rangeOf, withoutChoice } from '../query/terms';
import { FacetValues } from './FacetValues';
import { FILE_FIELDS, OPEN_FIELDS } from './fields';
import { Histogram } from './Histogram';
import { text } from './text';

const OPEN_KEY = 'mirrorlake.facets';
const FIRST_KEYS = 3; // metadata keys that are open until somebody chooses

/** The fields that somebody opened or closed; the others are as they were meant to be. */
function useOpenFields(): [(field: string, meant: boolean) => boolean, (field: string, open: boolean) => void] {
  const [chosen, setChosen] = useState<Record<string, boolean>>(() => {
    try {
      return JSON.parse(window.localStorage.getItem(OPEN_KEY) ?? '{}') as Record<string, boolean>;
    } catch {
      return {}; // another version wrote it
    }
  });
  return [
    (field, meant) => chosen[field] ?? meant,
    (field, open) => {
      const next = { ...chosen, [field]: open };
      setChosen(next);
      window.localStorage.setItem(OPEN_KEY, JSON.stringify(next));
    },
  ];
}

/** Whether an element is in view, or soon will be. */
function useInView(element: RefObject<HTMLElement | null>): boolean {
  const [inView, setInView] = useState(false);
  useEffect(() => {
    if (element.current === null) return;
    const observer = new IntersectionObserver(([entry]) => setInView(entry?.isIntersecting === true), {
      rootMargin: '80px',
    });
    observer.observe(element.current);
    return () => observer.disconnect();
  }, [element]);
  return inView;
}

/** The facts of the library that contain a text, as completion knows them: of a whole name, it offers what follows. */
function useFacts(wanted: string, ready: boolean): string[] {
  const asked = `facts.${wanted}`;
  const { data } = useQuery(libraryQueries.completions(ready ? { query: asked } : undefined));
  return (data?.suggestions ?? []).flatMap((one, place) =>
    one.kind === 'fact' ? [one.text] : one.kind === 'operator' && place === 0 ? [asked] : [],
  );
}

interface FacetsProps {
  query: string;
  ready: boolean; // the grid has its first page
  wrong: boolean; // the query has a mistake, and nothing can be counted
}

export function Facets({ query, ready, wrong }: FacetsProps) {
  const [wanted, setWanted] = useState('');
  const [isOpen, setOpen] = useOpenFields();
  const { data: keys } = useQuery(libraryQueries.metadataKeys(wanted));
  const facts = useFacts(wanted.trim(), ready);
  const fits = (field: string) => text.field(field).toLowerCase().includes(wanted.trim().toLowerCase());
  const file = FILE_FIELDS.filter(fits);
  const metadata = (keys?.keys ?? []).map((one) => `metadata.${one.key}`).filter(fits);
  const section = (field: string, meant: boolean) => (
    <FacetSection
      key={field}
      field={field}
      query={query}
      ready={ready}
      wrong={wrong}
      open={isOpen(field, meant)}
      toggle={(open) => setOpen(field, open)}
    />
  );
  return (
    <div className="facets">
      <input
        type="search"
        className="find-field"
        aria-label={text.findField}
        placeholder={text.findField}
        value={wanted}
        onChange={(event) => setWanted(event.target.value)}
      />
      {file.length > 0 ? <h2>{text.file}</h2> : null}
      {file.map((field) => section(field, OPEN_FIELDS.includes(field)))}
      {metadata.length > 0 ? <h2>{text.metadata}</h2> : null}
      {metadata.map((field, place) => section(field, wanted === '' && place < FIRST_KEYS))}
      {keys !== undefined && keys.total > keys.keys.length && wanted === '' ? (
        <p className="quiet note">{text.moreKeys(keys.keys.length, keys.total)}</p>
      ) : null}
      {facts.length > 0 ? <h2>{text.facts}</h2> : null}
      {facts.map((field) => section(field, false))}
      {wanted === '' ? (
        <p className="note">
          <Link to="/near-duplicates" search={query === '' ? {} : { query }}>
            {text.nearDuplicates}
          </Link>
        </p>
      ) : null}
      {file.length + metadata.length + facts.length === 0 ? <p className="quiet note">{text.noField}</p> : null}
    </div>
  );
}

interface SectionProps {
  field: string;
  query: string;
  ready: boolean;
  wrong: boolean;
  open: boolean;
  toggle: (open: boolean) => void;
}

function FacetSection({ field, query, ready, wrong, open, toggle }: SectionProps) {
  const element = useRef<HTMLElement>(null);
  const inView = useInView(element);
  const range = rangeOf(query, field);
  const chosen = chosenValues(query, field).length + (range === undefined ? 0 : 1);
  return (
    <section ref={element} className="facet">
      <h3>
        <button type="button" aria-expanded={open} onClick={() => toggle(!open)} title={field}>
          <span className="facet-name">{text.field(field)}</span>
          {chosen > 0 ? <span className="facet-chosen">{text.chosen(chosen)}</span> : null}
        </button>
      </h3>
      {open ? <FacetBody field={field} query={query} counted={ready && inView && !wrong} wrong={wrong} /> : null}
    </section>
  );
}

interface BodyProps {
  field: string;
  query: string;
  counted: boolean;
  wrong: boolean;
}

function FacetBody({ field, query, counted, wrong }: BodyProps) {
  const { data, error, isPlaceholderData, refetch } = useQuery(
    libraryQueries.facet(withoutChoice(query, field), field, counted),
  );
  if (error !== null && !wrong)
    return (
      <p className="note">
        <Prose text={describeError(error)} />{' '}
        <button type="button" className="link" onClick={() => void refetch()}>
          {text.retry}
        </button>
      </p>
    );
  if (wrong && data === undefined) return <p className="quiet note">{text.notCounted}</p>;
  // As high as most: else what is below would be in view for a moment, and be counted for nobody or not, as it happens.
  if (data === undefined) return <p className="quiet note uncounted">{text.loading}</p>;
  if (data === null || (data.values.length === 0 && data.bins.length === 0))
    return <p className="quiet note">{text.none}</p>;
  const listed =
    data.bins.length === 0 || (data.values.length > 0 && data.values.some((one) => typeof one.value === 'string'));
  return (
    <div className={isPlaceholderData && counted ? 'facet-body stale' : 'facet-body'}>
      {data.bins.length > 0 ? <Histogram field={field} bins={data.bins} query={query} /> : null}
      {listed ? <FacetValues facet={data} query={query} /> : null}
      {data.sampled !== null ? <p className="quiet note">{text.sampled(data.sampled)}</p> : null}
    </div>
  );
}
