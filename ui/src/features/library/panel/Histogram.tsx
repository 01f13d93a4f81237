// The distribution of numbers or dates. Drag across the bars, or type the ends, to choose a range.
import { type FormEvent, type PointerEvent, useRef, useState } from 'react';
import { rangeOf, setRange } from '../query/terms';
import { type Bin, isDates, isInRange, rangeOfBins } from './fields';
import { text } from './text';
import { useChangeQuery } from './useChangeQuery';

interface Props {
  field: string;
  bins: Bin[];
  query: string;
}

const HEIGHT = 44; // units of the drawing
const LEAST = 1.5; // units of a bar that is not empty

export function Histogram({ field, bins, query }: Props) {
  const [drag, setDrag] = useState<{ from: number; to: number }>();
  const change = useChangeQuery();
  const drawing = useRef<SVGSVGElement>(null);
  const chosen = rangeOf(query, field)?.range;
  const most = Math.max(...bins.map((bin) => bin.assets));

  const place = (event: PointerEvent) => {
    const box = drawing.current?.getBoundingClientRect();
    if (box === undefined || box.width === 0) return 0;
    const at = Math.floor(((event.clientX - box.left) / box.width) * bins.length);
    return Math.min(Math.max(0, at), bins.length - 1);
  };
  const lit = (bin: Bin, index: number) => {
    if (drag !== undefined) return index >= Math.min(drag.from, drag.to) && index <= Math.max(drag.from, drag.to);
    return chosen === undefined || isInRange(bin, chosen);
  };
  const end = () => {
    const first = bins[Math.min(drag?.from ?? 0, drag?.to ?? 0)];
    const last = bins[Math.max(drag?.from ?? 0, drag?.to ?? 0)];
    setDrag(undefined);
    if (drag !== undefined && first !== undefined && last !== undefined)
      change((now) => setRange(now, field, rangeOfBins(first, last)));
  };
  return (
    <div className="histogram">
      <svg
        ref={drawing}
        viewBox={`0 0 ${bins.length * 10} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={text.histogram(text.field(field))}
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          setDrag({ from: place(event), to: place(event) });
        }}
        onPointerMove={(event) => {
          if (drag !== undefined) setDrag({ ...drag, to: place(event) });
        }}
        onPointerUp={end}
        onPointerCancel={() => setDrag(undefined)}
      >
        {bins.map((bin, index) => {
          const height = Math.max(LEAST, (bin.assets / most) * HEIGHT);
          return (
            <g key={String(bin.low)} className={lit(bin, index) ? 'lit' : undefined}>
              <rect className="reach" x={index * 10} y={0} width={10} height={HEIGHT}>
                <title>{text.bin(field, bin.low, bin.high, bin.assets)}</title>
              </rect>
              <rect className="bar" x={index * 10 + 0.75} y={HEIGHT - height} width={8.5} height={height} />
            </g>
          );
        })}
      </svg>
      <Ends
        key={`${chosen?.low}..${chosen?.high}`}
        field={field}
        low={chosen?.low ?? ''}
        high={chosen?.high ?? ''}
        bins={bins}
        apply={(low, high) => change((now) => setRange(now, field, { low, high }))}
      />
    </div>
  );
}

interface EndsProps {
  field: string;
  low: string;
  high: string;
  bins: Bin[];
  apply: (low: string, high: string) => void;
}

function Ends({ field, low, high, bins, apply }: EndsProps) {
  const [typed, setTyped] = useState({ low, high });
  const name = text.field(field);
  const bounds = { low: bins[0]?.low ?? '', high: bins.at(-1)?.high ?? '' };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    apply(typed.low.trim(), typed.high.trim());
  };
  const changed = typed.low !== low || typed.high !== high;
  const end = (which: 'low' | 'high', label: string) => (
    <input
      type="text"
      inputMode={isDates(bins) ? 'text' : 'decimal'}
      aria-label={text.rangeOf(name, label)}
      placeholder={text.end(field, bounds[which])}
      value={typed[which]}
      onChange={(event) => setTyped({ ...typed, [which]: event.target.value })}
    />
  );
  return (
    <form className="ends" onSubmit={submit}>
      {end('low', text.from)}
      <span aria-hidden="true">–</span>
      {end('high', text.to)}
      {changed ? (
        <button type="submit" className="link">
          {text.apply}
        </button>
      ) : low !== '' || high !== '' ? (
        <button type="button" className="link" onClick={() => apply('', '')} aria-label={text.clearRange(name)}>
          {text.clear}
        </button>
      ) : null}
    </form>
  );
}
