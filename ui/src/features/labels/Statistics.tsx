// How often each class was annotated, on how many assets, and how large: what training data lacks is seen here.
import type { ClassCount } from '../../api/client';
import { count, quoted } from '../../components/format';
import { AssetsLink } from '../../components/links';
import { TableBox } from '../../components/TableBox';
import { text as texts } from './text';

const text = texts.statistics;
const { columns } = text;

function Row({ one, most }: { one: ClassCount; most: number }) {
  return (
    <tr>
      <td className="wrap">
        <AssetsLink query={`class:${quoted(one.class_name)}`}>{one.class_name}</AssetsLink>
      </td>
      <td className="number">{count(one.annotations)}</td>
      <td className="number">{count(one.assets)}</td>
      <td className="number">{one.width === null || one.height === null ? '–' : text.size(one.width, one.height)}</td>
      <td>
        <svg className="class-share" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
          <rect width={Math.max(1, (100 * one.annotations) / most)} height="6" />
        </svg>
      </td>
    </tr>
  );
}

export function Statistics({ counts }: { counts: readonly ClassCount[] }) {
  if (counts.length === 0) return null;
  const most = Math.max(...counts.map(({ annotations }) => annotations));
  return (
    <section className="panel">
      <h2>{text.title}</h2>
      <TableBox
        name="class-statistics"
        label={text.title}
        columns={Object.values(columns)}
        numbers={[columns.annotations, columns.assets, columns.size]}
        unseen={columns.share}
      >
        {counts.map((one) => (
          <Row key={one.class_name} one={one} most={most} />
        ))}
      </TableBox>
    </section>
  );
}
