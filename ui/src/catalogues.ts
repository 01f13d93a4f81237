// Which texts of the catalogues are read. Only the tests of the conventions use it.
import ts from 'typescript';

/** A catalogue of texts: `text.ts`, or `<what>Text.ts` for a part that other pages load. */
export const CATALOGUE = /\/(text|[a-z]\w*Text)\.ts$/;

export type Sources = Record<string, string>; // the content of each file, by its path from `src`

/** A place in a catalogue, such as `./app/text.ts: text.away.label`. */
type Place = string;

/** The texts that no code reads. What reads a whole object, or computes a key, reads all of it. */
export function unreadTexts(sources: Sources): Place[] {
  const parsed = new Map(
    Object.entries(sources).map(([file, content]) => [
      file,
      ts.createSourceFile(file, content, ts.ScriptTarget.Latest, true, ts.ScriptKind.TSX),
    ]),
  );
  const texts: Place[] = [];
  const read = new Set<Place>();
  for (const [file, source] of parsed) {
    if (CATALOGUE.test(file)) texts.push(...textsOf(file, source));
    for (const place of readsOf(file, source)) read.add(place);
  }
  // Of a list, a method is read.
  const within = new Set([...read].flatMap(partsOf));
  return texts.filter((place) => !within.has(place) && !partsOf(place).some((part) => read.has(part)));
}

/** A place and those that it is in. */
function partsOf(place: Place): Place[] {
  const end = place.lastIndexOf('.');
  return end <= place.indexOf(': ') ? [place] : [place, ...partsOf(place.slice(0, end))];
}

function bare(node: ts.Expression): ts.Expression {
  return ts.isAsExpression(node) || ts.isSatisfiesExpression(node) || ts.isParenthesizedExpression(node)
    ? bare(node.expression)
    : node;
}

/** The leaves of the objects that a catalogue exports. */
function textsOf(file: string, source: ts.SourceFile): Place[] {
  const found: Place[] = [];
  const walk = (node: ts.Expression, place: Place) => {
    const object = bare(node);
    if (!ts.isObjectLiteralExpression(object)) {
      found.push(place);
      return;
    }
    for (const property of object.properties) {
      if (ts.isPropertyAssignment(property)) walk(property.initializer, `${place}.${nameOf(property.name)}`);
    }
  };
  for (const [name, value] of declarations(source)) walk(value, `${file}: ${name}`);
  return found;
}

function nameOf(name: ts.PropertyName): string {
  return ts.isIdentifier(name) || ts.isStringLiteralLike(name) || ts.isNumericLiteral(name)
    ? name.text
    : name.getText();
}

/** The exported constants of a file that are objects. */
function declarations(source: ts.SourceFile): [string, ts.Expression][] {
  return source.statements
    .filter(ts.isVariableStatement)
    .filter((one) => one.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword))
    .flatMap((one) => [...one.declarationList.declarations])
    .flatMap(({ name, initializer }): [string, ts.Expression][] =>
      initializer !== undefined && ts.isObjectLiteralExpression(bare(initializer))
        ? [[name.getText(), initializer]]
        : [],
    );
}

/** What the names of a file stand for in catalogues. A name that is given twice stands for both. */
type Names = Map<string, Set<Place>>;

function addName(names: Names, name: string, place: Place): boolean {
  const places = names.get(name) ?? new Set();
  names.set(name, places);
  const before = places.size;
  return places.add(place).size > before;
}

function readsOf(file: string, source: ts.SourceFile): Set<Place> {
  const names = imported(file, source);
  if (CATALOGUE.test(file)) for (const [name] of declarations(source)) addName(names, name, `${file}: ${name}`);
  const read = new Set<Place>();
  if (names.size === 0) return read;
  let more = true;
  const visit = (node: ts.Node): void => {
    const places = ts.isIdentifier(node) && isUse(node) ? names.get(node.text) : undefined;
    for (const place of [...(places ?? [])]) more = follow(node as ts.Identifier, place, names, read) || more;
    ts.forEachChild(node, visit);
  };
  while (more) {
    more = false; // until no further name stands for a part of a catalogue
    visit(source);
  }
  return read;
}

function imported(file: string, source: ts.SourceFile): Names {
  const names: Names = new Map();
  for (const statement of source.statements) {
    if (!ts.isImportDeclaration(statement) || !ts.isStringLiteral(statement.moduleSpecifier)) continue;
    const target = `.${new URL(statement.moduleSpecifier.text, `file:///${file.slice(2)}`).pathname}.ts`;
    const bindings = statement.importClause?.namedBindings;
    if (!CATALOGUE.test(target) || bindings === undefined || !ts.isNamedImports(bindings)) continue;
    for (const { name, propertyName } of bindings.elements)
      addName(names, name.text, `${target}: ${(propertyName ?? name).text}`);
  }
  return names;
}

/** Whether a name is read there, rather than being a member's, a declaration's or an import's. */
function isUse(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === node;
  if (ts.isPropertyAssignment(parent)) return parent.initializer === node;
  if (ts.isVariableDeclaration(parent) || ts.isBindingElement(parent)) return parent.initializer === node;
  if (ts.isQualifiedName(parent) || ts.isTypeQueryNode(parent)) return false; // its type alone
  return !(ts.isJsxAttribute(parent) || ts.isImportSpecifier(parent) || ts.isParameter(parent));
}

/** Where the members lead that are read of a name. True: another name stands for a part now. */
function follow(start: ts.Identifier, from: Place, names: Names, read: Set<Place>): boolean {
  let node: ts.Node = start;
  let place = from;
  for (;;) {
    const { parent } = node;
    if (ts.isPropertyAccessExpression(parent) && parent.expression === node) place = `${place}.${parent.name.text}`;
    else if (
      ts.isElementAccessExpression(parent) &&
      parent.expression === node &&
      ts.isStringLiteralLike(parent.argumentExpression)
    )
      place = `${place}.${parent.argumentExpression.text}`;
    else if (!(ts.isNonNullExpression(parent) || ts.isParenthesizedExpression(parent) || ts.isAsExpression(parent)))
      break;
    node = parent;
  }
  if (ts.isVariableDeclaration(node.parent) && node.parent.initializer === node)
    return named(node.parent.name, place, names, read);
  read.add(place);
  return false;
}

function named(name: ts.BindingName, place: Place, names: Names, read: Set<Place>): boolean {
  if (ts.isIdentifier(name)) return addName(names, name.text, place);
  if (ts.isArrayBindingPattern(name)) {
    read.add(place);
    return false;
  }
  let more = false;
  for (const element of name.elements) {
    if (element.dotDotDotToken !== undefined) read.add(place);
    const key = element.propertyName ?? element.name;
    if (ts.isIdentifier(key) || ts.isStringLiteralLike(key))
      more = named(element.name, `${place}.${key.text}`, names, read) || more;
  }
  return more;
}
