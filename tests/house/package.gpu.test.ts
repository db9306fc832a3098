import { spawnSync } from "node:child_process";
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Project, ts } from "ts-morph-typescript5";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type PackedProject, packProject } from "../support/house/packed.ts";
import { blocksOf } from "../support/texts/run-document.ts";

const root = join(import.meta.dirname, "..", "..");
const blocks = blocksOf(readFileSync(join(root, "docs", "library.md"), "utf8"));
/** Each program of the page, with what it prints. */
const programs = blocks.flatMap(({ language, text, line }, at) =>
  language === "ts" ? [{ name: `line-${line}`, text, printed: blocks[at + 1]?.text ?? "" }] : [],
);

let packed: PackedProject;
beforeAll(async () => {
  packed = await packProject();
  writeFileSync(join(packed.folder, "package.json"), '{ "type": "module" }');
  for (const name of ["scene.jpg", "tokenizer.model"])
    copyFileSync(join(root, "examples", name), join(packed.folder, name));
  for (const { name, text } of programs) writeFileSync(join(packed.folder, `${name}.ts`), text);
});
afterAll(() => packed.remove());

describe("the package", () => {
  test("has what its users need, and nothing else", () => {
    const allowed = [
      /^(CHANGELOG\.md|LICENSE|README\.md|package\.json)$/,
      /^bin\/(weft|build|short-runs)\.mjs$/,
      /^dist\/built$/,
      /^dist\/(bundle|compiler|runtime|examples)\/.+\.(js|d\.ts)$/,
      /^docs\/[^.]+\.(md|png|svg)$/,
      /^examples\/[^/]+\.(ts|weft|jpg|svg|model)$/,
      /^examples\/ablations\/([^/]+\.weft|README\.md)$/,
      /^models\/[^/]+\/([^/]+\.weft|README\.md|check\.json|tokenizer\.model|model\.safetensors)$/,
      /^stdlib\/[^/]+\.weft$/,
    ];
    const { files } = packed;
    expect(files.filter((path) => !allowed.some((pattern) => pattern.test(path)))).toEqual([]);
    expect(allowed.filter((pattern) => !files.some((path) => pattern.test(path)))).toEqual([]);
    for (const name of ["CHANGELOG.md", "LICENSE", "README.md"]) expect(files).toContain(name);
  });

  test("runs its examples", { timeout: 240_000 }, () => {
    const example = join(packed.folder, "node_modules/weft/dist/examples/generate-text.js");
    const { status, stdout, stderr } = spawnSync(process.execPath, [example], {
      cwd: packed.folder,
      encoding: "utf8",
    });
    expect(`${status}\n${status === 0 ? "" : stderr}`).toBe("0\n");
    expect(stdout).toMatch(/^greedy +a photo of/m);
    expect(stdout).toMatch(/^5 beams +a photo of/m);
  });
});

describe("programs of docs/library.md", () => {
  test.each([
    ["node16", ts.ModuleKind.Node16, ts.ModuleResolutionKind.Node16],
    ["bundler", ts.ModuleKind.ESNext, ts.ModuleResolutionKind.Bundler],
  ])(
    "compile under TypeScript 5, strictly, with every declaration looked into: %s",
    (_, module, moduleResolution) => {
      expect(ts.version).toMatch(/^5\./);
      const project = new Project({
        compilerOptions: {
          target: ts.ScriptTarget.ES2022,
          // Neither the DOM nor Node: a console is all that the programs have beside the package.
          lib: ["lib.es2022.d.ts"],
          types: [],
          module,
          moduleResolution,
          strict: true,
          exactOptionalPropertyTypes: true,
          skipLibCheck: false,
          preserveSymlinks: true,
          noEmit: true,
        },
      });
      project.createSourceFile(
        join(packed.folder, "console.d.ts"),
        "declare const console: { log(...values: unknown[]): void };",
      );
      for (const { name } of programs)
        project.addSourceFileAtPath(join(packed.folder, `${name}.ts`));
      const found = project.getPreEmitDiagnostics();
      expect(project.formatDiagnosticsWithColorAndContext(found)).toBe("");
      expect(programs.length).toBeGreaterThan(3);
    },
  );

  test.each(programs)("$name prints what the page says", ({ name, text, printed }) => {
    const { outputText } = ts.transpileModule(text, {
      compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext },
    });
    const file = join(packed.folder, `${name}.js`);
    writeFileSync(file, outputText);
    const { stdout, stderr } = spawnSync(process.execPath, [file], {
      cwd: packed.folder,
      encoding: "utf8",
    });
    expect(stdout, stderr).toBe(printed);
  });
});
