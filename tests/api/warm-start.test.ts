import { readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "..", "..");

/** Every file of the project that Node loads before it runs the first line of `entry`. */
function loadedWith(entry: string): readonly string[] {
  const seen = new Set<string>();
  const visit = (path: string) => {
    if (seen.has(path)) return;
    seen.add(path);
    const text = readFileSync(path, "utf8");
    // What is imported as a type is gone from the built files, and `import(...)` waits until it is called.
    const imports = text.matchAll(/^(?:import|export)\s(?!type\b)[^;]*?from "(\.[^"]+)";/gm);
    for (const [statement, specifier] of imports) {
      const names = /\{([^}]*)\}/.exec(statement)?.[1]?.split(",") ?? [];
      const isForTypes =
        names.length > 0 && names.every((name) => name.trim() === "" || /^\s*type\s/.test(name));
      if (specifier !== undefined && !isForTypes) visit(join(dirname(path), specifier));
    }
  };
  visit(join(root, entry));
  return [...seen].map((path) => relative(root, path).replaceAll("\\", "/"));
}

const isCompiler = (path: string) => /^compiler\/(\d-|ops\/|compile\.ts|pipeline\.ts)/.test(path);

test("the imports are followed at all", () => {
  const loaded = loadedWith("compiler/api/compile-file.ts");
  expect(loaded).toContain("compiler/1-parse/parse.ts");
  expect(loaded.filter(isCompiler).length).toBeGreaterThan(50);
});

// A kept plan saves the time to compile only if the compiler, with its parser, is not loaded either.
test.each(["run", "bench"])("weft %s starts without the compiler", (command) => {
  const loaded = loadedWith(`compiler/cli/commands/${command}.ts`);
  expect(loaded).toContain("runtime/session.ts");
  expect(loaded.filter(isCompiler)).toEqual([]);
});
