import { readdirSync, readFileSync } from "node:fs";
import { posix } from "node:path";
import { type ImportDeclaration, Node, Project, type SourceFile, SyntaxKind } from "ts-morph";
import { describe, expect, test } from "vitest";

/**
 * Who may import whom. A file belongs to the first row that matches it and may import from its own row
 * and from every row above; `only` names the exceptions of a row that sees less.
 */
interface Layer {
  readonly name: string;
  readonly files: RegExp;
  /** What it may import besides itself; without it, every row above. */
  readonly only?: readonly RegExp[];
}

const layers: readonly Layer[] = [
  { name: "source", files: /^compiler\/source\// },
  { name: "diagnostics", files: /^compiler\/diagnostics\// },
  { name: "dims", files: /^compiler\/dims\// },
  // The artifact is written in the terms of the kernel form, and addresses are computed from it.
  { name: "ir", files: /^compiler\/(ir\/|artifact\.ts$)/ },
  { name: "ops", files: /^compiler\/ops\// },
  { name: "phases", files: /^compiler\/\d-[a-z]+\// },
  { name: "pipeline", files: /^compiler\/pipeline\.ts$/ },
  { name: "compile", files: /^compiler\/(compile|interface-specs|report-limits|whole-model)\.ts$/ },
  {
    name: "runtime",
    files: /^runtime\//,
    only: [/^compiler\/artifact\.ts$/, /^compiler\/ir\/(kernel|device-profile)\.ts$/],
  },
  { name: "cli", files: /^compiler\/cli\// },
  { name: "examples", files: /^examples\//, only: [/^compiler\/cli\/library\.ts$/] },
];

const project = new Project({
  compilerOptions: { allowJs: false },
  skipFileDependencyResolution: true,
});
const root = posix.dirname(import.meta.dirname.replaceAll("\\", "/"));
project.addSourceFilesAtPaths(
  ["compiler", "runtime", "examples"].map((folder) => `${root}/${folder}/**/*.ts`),
);
const files = project.getSourceFiles().filter((file) => !file.isDeclarationFile());
const pathOf = (file: SourceFile) => posix.relative(root, file.getFilePath());
const compilerFiles = files.filter((file) => /^compiler\/(?!cli\/)/.test(pathOf(file)));

function layerOf(path: string): number {
  return layers.findIndex((layer) => layer.files.test(path));
}

/** Relative imports and re-exports as paths from the root, with the dynamic ones. */
function importsOf(
  file: SourceFile,
): readonly { readonly path: string; readonly isType: boolean }[] {
  const found: { path: string; isType: boolean }[] = [];
  const add = (specifier: string | undefined, isType: boolean) => {
    if (!specifier?.startsWith(".")) return;
    found.push({ path: posix.join(posix.dirname(pathOf(file)), specifier), isType });
  };
  for (const statement of [...file.getImportDeclarations(), ...file.getExportDeclarations()]) {
    const isType = Node.isImportDeclaration(statement)
      ? isTypeImport(statement)
      : statement.isTypeOnly();
    add(statement.getModuleSpecifierValue(), isType);
  }
  for (const call of file.getDescendantsOfKind(SyntaxKind.CallExpression)) {
    const [argument] = call.getArguments();
    const isImport = call.getExpression().getKind() === SyntaxKind.ImportKeyword;
    if (isImport && Node.isStringLiteral(argument)) add(argument.getLiteralValue(), false);
  }
  return found;
}

function isTypeImport(statement: ImportDeclaration): boolean {
  if (statement.isTypeOnly()) return true;
  const named = statement.getNamedImports();
  return (
    named.length > 0 &&
    statement.getDefaultImport() === undefined &&
    named.every((one) => one.isTypeOnly())
  );
}

function mayImport(from: string, to: string, isType: boolean): boolean {
  const [source, target] = [layerOf(from), layerOf(to)];
  const layer = layers[source];
  if (layer === undefined || target < 0) return false;
  if (source === target) return layer.name !== "phases" || phaseOf(from) === phaseOf(to);
  if (layer.only === undefined) return target < source && layers[target]?.name !== "examples";
  // What the runtime shares with the compiler is plain data, so types of the kernel form are enough.
  if (layer.name === "runtime" && to.startsWith("compiler/ir/") && !isType) return false;
  return layer.only.some((allowed) => allowed.test(to));
}

const phaseOf = (path: string) => path.split("/")[1];

describe("layers", () => {
  test("there are files to look at", () => {
    expect(files.length).toBeGreaterThan(20);
    expect(files.map(pathOf).filter((path) => layerOf(path) < 0)).toEqual([]);
  });

  test("imports point one way", () => {
    const wrong: string[] = [];
    for (const file of files) {
      for (const { path, isType } of importsOf(file)) {
        if (!mayImport(pathOf(file), path, isType)) wrong.push(`${pathOf(file)} imports ${path}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  test("no file imports itself in a circle", () => {
    const graph = new Map(
      files.map((file) => [
        pathOf(file),
        importsOf(file)
          .filter((one) => !one.isType)
          .map((one) => one.path),
      ]),
    );
    expect(cyclesOf(graph)).toEqual([]);
  });
});

/** Circles of value imports, each as its path. */
function cyclesOf(graph: ReadonlyMap<string, readonly string[]>): readonly string[] {
  const done = new Set<string>();
  const circles: string[] = [];
  const visit = (path: string, trail: readonly string[]) => {
    const start = trail.indexOf(path);
    if (start >= 0) circles.push([...trail.slice(start), path].join(" -> "));
    if (start >= 0 || done.has(path)) return;
    for (const next of graph.get(path) ?? []) visit(next, [...trail, path]);
    done.add(path);
  };
  for (const path of graph.keys()) visit(path, []);
  return circles;
}

describe("the compiler is pure", () => {
  /** Names by which a program reaches the disk, the clock, the console, chance or the GPU. */
  const impure =
    /^(console|process|Date|performance|navigator|setTimeout|setImmediate|fetch|Buffer|require)$/;

  test("it imports nothing of Node", () => {
    const wrong = compilerFiles.flatMap((file) =>
      file
        .getImportDeclarations()
        .map((statement) => statement.getModuleSpecifierValue())
        .filter((specifier) => /^(node:|fs$|path$|os$|webgpu$|sharp$)/.test(specifier))
        .map((specifier) => `${pathOf(file)} imports ${specifier}`),
    );
    expect(wrong).toEqual([]);
  });

  test("it names no clock, console, environment or chance", () => {
    const wrong: string[] = [];
    for (const file of compilerFiles) {
      for (const identifier of file.getDescendantsOfKind(SyntaxKind.Identifier)) {
        const text = identifier.getText();
        const isChance = text === "random" && identifier.getParent()?.getText() === "Math.random";
        if (!isChance && !impure.test(text)) continue;
        if (isNameOfMember(identifier) && !isChance) continue;
        wrong.push(
          `${pathOf(file)}:${identifier.getStartLineNumber()} ${identifier.getParent()?.getText()}`,
        );
      }
    }
    expect(wrong).toEqual([]);
  });

  test("it keeps nothing between two calls", () => {
    const wrong: string[] = [];
    for (const file of compilerFiles) {
      for (const statement of file.getVariableStatements()) {
        const isConst = statement.getDeclarationKind() === "const";
        for (const declaration of statement.getDeclarations()) {
          const made = declaration.getInitializerIfKind(SyntaxKind.NewExpression);
          // A table is filled where it is made; what starts empty is filled by calls.
          const isOpen =
            /^(Map|Set|WeakMap|WeakSet|Array)$/.test(made?.getExpression().getText() ?? "") &&
            made?.getArguments().length === 0;
          if (!isConst || isOpen) wrong.push(`${pathOf(file)}: ${declaration.getName()}`);
        }
      }
    }
    expect(wrong).toEqual([]);
  });
});

/** `{ process: 1 }` and `pass.process` do not mean the global. */
function isNameOfMember(identifier: Node): boolean {
  const parent = identifier.getParent();
  if (Node.isPropertyAccessExpression(parent)) return parent.getNameNode() === identifier;
  const isDeclared =
    Node.isPropertyAssignment(parent) ||
    Node.isPropertySignature(parent) ||
    Node.isMethodDeclaration(parent) ||
    Node.isMethodSignature(parent);
  return isDeclared && parent.getNameNode() === identifier;
}

describe("the house", () => {
  const forbiddenNames = /(^|\/|-)(utils?|helpers?|common|manager|misc|ctx)(\/|\.ts$)/;

  test("no file is a drawer for everything", () => {
    expect(files.map(pathOf).filter((path) => forbiddenNames.test(path))).toEqual([]);
  });

  test("no file is longer than 300 lines", () => {
    const lengthOf = (file: SourceFile) =>
      file
        .getFullText()
        .split("\n")
        .filter((line) => line.trim() !== "").length;
    expect(files.filter((file) => lengthOf(file) > 300).map(pathOf)).toEqual([]);
  });

  test("the architecture page names every folder of the compiler and the runtime", () => {
    const page = readFileSync(`${root}/docs/ARCHITECTURE.md`, "utf8");
    const foldersOf = (parent: string) =>
      readdirSync(`${root}/${parent}`, { withFileTypes: true })
        .filter((entry) => entry.isDirectory())
        .map((entry) => entry.name);
    const folders = [...foldersOf("compiler"), ...foldersOf("runtime")];
    expect(folders.filter((name) => !page.includes(`${name}/`))).toEqual([]);
  });

  test("every dependency has a sentence in docs/decisions.md", () => {
    const description: unknown = JSON.parse(readFileSync(`${root}/package.json`, "utf8"));
    const decisions = readFileSync(`${root}/docs/decisions.md`, "utf8");
    const named = ["dependencies", "devDependencies", "optionalDependencies"].flatMap((field) => {
      const group = Reflect.get(Object(description), field) as Record<string, string> | undefined;
      return Object.keys(group ?? {});
    });
    expect(named.length).toBeGreaterThan(5);
    expect(named.filter((name) => !decisions.includes(`\`${name}\``))).toEqual([]);
  });
});
