import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { defineConfig, type Plugin } from "vitest/config";

/**
 * Tests whose name ends in `.gpu.test.ts` drive an adapter, which lives as long as its process: each file has one of
 * its own. They run after all the others, two at a time, because between two dispatches most of them compile.
 */
const gpuTests = "tests/**/*.gpu.test.ts";
const packageRoot = dirname(fileURLToPath(import.meta.url));

/**
 * `npm test` builds the sources first and tests what it built, which Node reads by itself: each test file
 * would else translate hundreds of modules again, and run them behind wrappers that cost a third of its time.
 * `npx vitest` alone tests the sources as they stand.
 */
const isBuilt = process.env.WEFT_TEST_BUILT === "1";

/** Imports of the compiler and the runtime go to the file in dist/ that was made of the source. */
const builtSources: Plugin = {
  name: "built-sources",
  enforce: "pre",
  resolveId(specifier, importer) {
    if (importer === undefined || !/^\..*\.ts$/.test(specifier)) return null;
    const source = relative(packageRoot, join(dirname(importer), specifier));
    if (!/^(compiler|runtime)[\\/]/.test(source)) return null;
    return { id: join(packageRoot, "dist", source.replace(/\.ts$/, ".js")), external: true };
  },
};

const project = { plugins: isBuilt ? [builtSources] : [] };
const shared = {
  pool: "forks",
  testTimeout: 120_000,
  hookTimeout: 120_000,
  server: { deps: { external: [/[\\/]dist[\\/](compiler|runtime)[\\/]/] } },
} as const;

export default defineConfig({
  test: {
    reporters: ["default"],
    projects: [
      {
        ...project,
        test: {
          ...shared,
          name: "compiler",
          // The compiler keeps nothing between calls, and what ran before has been optimised by the engine.
          isolate: false,
          include: ["tests/**/*.test.ts"],
          exclude: [gpuTests],
          setupFiles: ["tests/support/limit-properties.ts"],
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      {
        ...project,
        test: {
          ...shared,
          name: "gpu",
          include: [gpuTests],
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
