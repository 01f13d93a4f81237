// What holds for every file of the pages: texts are in a catalogue, styles use tokens, imports go one way.
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { CATALOGUE } from './catalogues';

const sources = import.meta.glob<string>(['./**/*.{ts,tsx}', '!./**/*.test.ts', '!./api/schema.d.ts'], {
  query: '?raw',
  import: 'default',
  eager: true,
});
const styles = import.meta.glob<string>('./**/*.css', { query: '?raw', import: 'default', eager: true });

// Attributes whose literals nobody reads. Every other attribute takes its text from a catalogue.
const TECHNICAL = new Set(
  (
    'accept activeOptions aria-activedescendant aria-autocomplete aria-controls aria-current aria-describedby ' +
    'aria-haspopup aria-hidden aria-live aria-orientation autoCapitalize autoComplete ' +
    'among className d enterKeyHint field fill href htmlFor icon id inputMode key kind list name opacity part permission popover popoverTarget preserveAspectRatio query rel role ' +
    'scope search style target text to tone type viewBox'
  ).split(' '),
);
// Those of drawings, players and times.
const TECHNICAL_OF_MEDIA = new Set(
  'dateTime draggable fillRule loading preload stroke transform vectorEffect'.split(' '),
);
const VISIBLE_PROPERTIES = new Set(['textContent', 'innerText', 'title', 'alt', 'placeholder', 'ariaLabel']);
// Operators whose result may be one of their operands; a comparison with a literal does not show it.
const SHOWING = new Set([
  ts.SyntaxKind.PlusToken,
  ts.SyntaxKind.BarBarToken,
  ts.SyntaxKind.QuestionQuestionToken,
  ts.SyntaxKind.AmpersandAmpersandToken,
]);
const WORD = /\p{Letter}{2}/u;

/** The text of a literal that a person could read, wherever an expression may yield it. */
function literalsOf(node: ts.Node): string[] {
  if (ts.isStringLiteralLike(node)) return [node.text];
  if (ts.isTemplateExpression(node)) return [node.head.text, ...node.templateSpans.map((span) => span.literal.text)];
  if (ts.isConditionalExpression(node)) return [...literalsOf(node.whenTrue), ...literalsOf(node.whenFalse)];
  if (ts.isBinaryExpression(node))
    return SHOWING.has(node.operatorToken.kind) ? [node.left, node.right].flatMap(literalsOf) : [];
  if (ts.isParenthesizedExpression(node)) return literalsOf(node.expression);
  if (ts.isJsxExpression(node) && node.expression !== undefined) return literalsOf(node.expression);
  return [];
}

function visibleLiterals(node: ts.Node): string[] {
  if (ts.isJsxText(node)) return [node.text];
  if (ts.isJsxExpression(node) && !ts.isJsxAttribute(node.parent)) return literalsOf(node);
  if (ts.isJsxAttribute(node)) {
    const name = node.name.getText();
    const technical = TECHNICAL.has(name) || TECHNICAL_OF_MEDIA.has(name);
    return technical || node.initializer === undefined ? [] : literalsOf(node.initializer);
  }
  if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.EqualsToken) {
    const { left, right } = node;
    return ts.isPropertyAccessExpression(left) && VISIBLE_PROPERTIES.has(left.name.text) ? literalsOf(right) : [];
  }
  if (ts.isCallExpression(node) && node.expression.getText().endsWith('.setAttribute')) {
    const [name, value] = node.arguments;
    const label = name !== undefined && ts.isStringLiteral(name) && name.text === 'aria-label';
    return label && value !== undefined ? literalsOf(value) : [];
  }
  return [];
}

function findLiterals(file: string, content: string): string[] {
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    found.push(...visibleLiterals(node).filter((text) => WORD.test(text)));
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(file, content, ts.ScriptTarget.Latest, true));
  return found.map((text) => `${file}: ${text.trim()}`);
}

describe('texts', () => {
  it('are in a catalogue, not in a component', () => {
    const files = Object.entries(sources).filter(([file]) => !CATALOGUE.test(file));
    expect(files.flatMap(([file, content]) => findLiterals(file, content))).toEqual([]);
  }, 30_000); // it parses every file, which takes seconds on a busy machine

  it.each([
    ['<p>Run now</p>', 'Run now'],
    ['<p title="Run now" />', 'Run now'],
    ["<p>{busy ? 'Starting' : text.run}</p>", 'Starting'],
    ['<p aria-label={`Remove this`} />', 'Remove this'],
    ["cell.textContent = 'missing';", 'missing'],
    ["cell.setAttribute('aria-label', 'Assets');", 'Assets'],
  ])('in %s are found', (code, text) => {
    expect(findLiterals('x.tsx', code)).toEqual([`x.tsx: ${text}`]);
  });
});

// A property whose value has a scale, and what is outside of that scale.
const SCALED: [RegExp, RegExp][] = [
  [/^(padding|margin|gap|row-gap|column-gap)/, /(?<![\d.])(?!0|1px)[\d.]+px/],
  [/^font(-size)?$/, /[\d.]+(px|em|rem)/],
  [/^font-weight$/, /\d/],
  [/^border-radius$/, /[\d.]+px/],
  [/^z-index$/, /\d/],
];
const COLOUR = /#[\da-f]{3,8}\b|\b(rgba?|hsla?|oklch|light-dark)\(/i;

function untokened(file: string, content: string): string[] {
  const found: string[] = [];
  for (const [, property = '', value = ''] of content.matchAll(/([a-z-]+):\s*([^;{}]+);/g)) {
    const scale = SCALED.find(([name]) => name.test(property))?.[1];
    if (COLOUR.test(value) || scale?.test(value)) found.push(`${file}: ${property}: ${value}`);
  }
  return found;
}

describe('styles', () => {
  const tokens = styles['./styles/tokens.css'] ?? '';
  const others = Object.entries(styles).filter(([file]) => file !== './styles/tokens.css');

  it('take colours, spacing, radii, type and layers from the tokens', () => {
    expect(others.flatMap(([file, content]) => untokened(file, content))).toEqual([]);
    expect(tokens).toContain('--ground:');
    expect(untokened('x', 'p { color: #fff; padding: 0 10px; z-index: 3; margin: 0 1px auto; }')).toHaveLength(3);
  });

  it('use only tokens that exist, and every token is used', () => {
    const defined = new Set([...tokens.matchAll(/(--[\w-]+):/g)].map((match) => match[1]));
    const used = new Set(
      Object.values(styles).flatMap((css) => [...css.matchAll(/var\((--[\w-]+)/g)].map((m) => m[1])),
    );
    used.delete('--tone'); // set by the classes tone-*
    expect([...used].filter((name) => !defined.has(name))).toEqual([]);
    expect([...defined].filter((name) => !used.has(name))).toEqual([]);
  });

  it('of one feature do not touch those of another', () => {
    const owners = new Map<string, Set<string>>();
    for (const [file, content] of others) {
      const owner = file.replace(/\/[^/]+$/, '');
      for (const [, name = ''] of content.matchAll(/^\s*\.([\w-]+)/gm)) {
        owners.set(name, (owners.get(name) ?? new Set()).add(owner));
      }
    }
    const features = (folders: Set<string>) => [...folders].filter((folder) => /features|app/.test(folder));
    expect([...owners].filter(([, folders]) => features(folders).length > 1).map(([name]) => name)).toEqual([]);
  });

  it('of one feature are not needed by another, whose pages may be shown without them', () => {
    const featureOf = (file: string) => file.match(/^\.\/features\/(\w+)\//)?.[1];
    const owners = new Map<string, Set<string | undefined>>();
    for (const [file, content] of others) {
      for (const [, name = ''] of content.matchAll(/\.([a-z][\w-]*)(?=[^{}]*\{)/g)) {
        owners.set(name, (owners.get(name) ?? new Set()).add(featureOf(file)));
      }
    }
    const wrong: string[] = [];
    for (const [file, content] of Object.entries(sources)) {
      for (const [, names = ''] of content.matchAll(/className="([^"]+)"/g)) {
        for (const name of names.split(' ')) {
          const found = owners.get(name);
          if (found !== undefined && !found.has(undefined) && !found.has(featureOf(file)))
            wrong.push(`${file}: ${name}`);
        }
      }
    }
    expect(wrong).toEqual([]);
  });
});

// Each folder may import from itself and from those before it.
const LAYERS = ['api', 'components', 'features', 'app'];

function layerOf(path: string): { layer: number; feature: string } {
  const [, folder = '', feature = ''] = path.split('/');
  return { layer: LAYERS.indexOf(folder), feature: folder === 'features' ? feature : '' };
}

it('imports go from app to features to components to api, and never from one feature to another', () => {
  const wrong: string[] = [];
  for (const [file, content] of Object.entries(sources)) {
    const from = layerOf(file);
    if (from.layer < 0) continue; // main.tsx
    for (const [, target = ''] of content.matchAll(/(?:from|import)\s*\(?'(\.[^']+)'/g)) {
      const path = new URL(target, `file:///${file.slice(2)}`).pathname;
      const to = layerOf(`.${path}`);
      const across = from.feature !== '' && to.feature !== '' && from.feature !== to.feature;
      if (to.layer > from.layer || across) wrong.push(`${file} imports ${target}`);
    }
  }
  expect(wrong).toEqual([]);
});
