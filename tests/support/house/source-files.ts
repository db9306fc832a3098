import { readdirSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { ts } from "ts-morph";

/** What the tidy test asks of one file, gathered in a single walk over its syntax. */
export interface SourceText {
  /** From the root, with `/`. */
  readonly path: string;
  readonly text: string;
  /** Relative imports and re-exports, static and dynamic, as paths from the root. */
  readonly imports: readonly ImportedFile[];
  /** Imports that are not relative: packages and Node's own modules. */
  readonly packages: readonly string[];
  /** Every use of a name in `names`, where it is not the name of a property. */
  readonly uses: readonly { readonly line: number; readonly shown: string }[];
  /** Variables of the module that are not `const`, or hold a collection that starts empty. */
  readonly openState: readonly string[];
}

interface ImportedFile {
  readonly path: string;
  readonly isType: boolean;
}

/** The TypeScript files below `folders`; `names` are the identifiers whose uses are wanted. */
export function readSources(
  root: string,
  folders: readonly string[],
  names: ReadonlySet<string>,
): readonly SourceText[] {
  return folders
    .flatMap((folder) => filesBelow(root, folder))
    .sort()
    .map((path) => readSource(path, readFileSync(join(root, path), "utf8"), names));
}

export function readSource(path: string, text: string, names: ReadonlySet<string>): SourceText {
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.ES2022, true);
  const imports: ImportedFile[] = [];
  const packages: string[] = [];
  const uses: { line: number; shown: string }[] = [];
  const add = (specifier: ts.Expression | undefined, isType: boolean): void => {
    if (specifier === undefined || !ts.isStringLiteral(specifier)) return;
    if (!specifier.text.startsWith(".")) packages.push(specifier.text);
    else imports.push({ path: posix.join(posix.dirname(path), specifier.text), isType });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) add(node.moduleSpecifier, isTypeImport(node.importClause));
    else if (ts.isExportDeclaration(node)) add(node.moduleSpecifier, node.isTypeOnly);
    else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword)
      add(node.arguments[0], false);
    else if (ts.isIdentifier(node) && names.has(node.text) && !isNameOfMember(node)) {
      const line = file.getLineAndCharacterOfPosition(node.getStart()).line + 1;
      uses.push({ line, shown: node.parent.getText() });
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return { path, text, imports, packages, uses, openState: openStateOf(file) };
}

function filesBelow(root: string, folder: string): readonly string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts") && !path.endsWith(".d.ts"))
    .map((path) => posix.join(folder, path.replaceAll("\\", "/")));
}

function isTypeImport(clause: ts.ImportClause | undefined): boolean {
  if (clause === undefined) return false;
  if (clause.isTypeOnly) return true;
  const { name, namedBindings } = clause;
  if (name !== undefined || namedBindings === undefined) return false;
  return (
    ts.isNamedImports(namedBindings) &&
    namedBindings.elements.length > 0 &&
    namedBindings.elements.every((element) => element.isTypeOnly)
  );
}

/** `{ process: 1 }` and `pass.process` do not mean the global. */
function isNameOfMember(identifier: ts.Identifier): boolean {
  const { parent } = identifier;
  // Chance is a member: `Math.random`.
  if (identifier.text === "random") return parent.getText() !== "Math.random";
  const isDeclared =
    ts.isPropertyAccessExpression(parent) ||
    ts.isPropertyAssignment(parent) ||
    ts.isPropertySignature(parent) ||
    ts.isMethodDeclaration(parent) ||
    ts.isMethodSignature(parent);
  return isDeclared && parent.name === identifier;
}

const collections = new Set(["Map", "Set", "WeakMap", "WeakSet", "Array"]);

function openStateOf(file: ts.SourceFile): readonly string[] {
  return file.statements.filter(ts.isVariableStatement).flatMap(({ declarationList }) => {
    const isConst = (declarationList.flags & ts.NodeFlags.Const) !== 0;
    return declarationList.declarations.flatMap(({ name, initializer }) => {
      // A table is filled where it is made; what starts empty is filled by calls.
      const isOpen =
        initializer !== undefined &&
        ts.isNewExpression(initializer) &&
        collections.has(initializer.expression.getText()) &&
        (initializer.arguments?.length ?? 0) === 0;
      return isConst && !isOpen ? [] : [name.getText()];
    });
  });
}
