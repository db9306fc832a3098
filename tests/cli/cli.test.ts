import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { diskLoader } from "../../compiler/api/load/disk-loader.ts";
import { commandRegistry } from "../../compiler/cli/command-registry.ts";
import { runWeft } from "../support/texts/run-weft.ts";

const folder = mkdtempSync(join(tmpdir(), "weft-cli-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const root = join(import.meta.dirname, "..", "..");
const internvit = "models/internvit/internvit.weft";

function write(name: string, text: string): string {
  const path = join(folder, name);
  mkdirSync(join(path, ".."), { recursive: true });
  writeFileSync(path, text);
  return name;
}

describe("the program", () => {
  test("help names every command and goes to stdout", async () => {
    const { exitCode, stdout, stderr } = await runWeft(["--help"]);
    expect(exitCode).toBe(0);
    expect(stderr).toBe("");
    for (const { name, summary } of commandRegistry)
      expect(stdout).toMatch(new RegExp(`${name}.* ${summary}`));
  });

  test("every command has its own help", async () => {
    for (const { name } of commandRegistry) {
      const { exitCode, stdout } = await runWeft([name, "--help"]);
      expect(exitCode).toBe(0);
      expect(stdout).toContain(`Usage: weft ${name}`);
    }
  });

  test("both commands that make text tell how tokens are chosen", async () => {
    for (const name of ["generate", "chat"]) {
      const { stdout } = await runWeft([name, "--help"]);
      for (const option of ["--temperature <t>", "--top-k <k>", "--top-p <p>", "--seed <s>"])
        expect(stdout).toContain(option);
      expect(stdout).toMatch(/--repetition-penalty <p> +above 1, tokens that were there/);
    }
    expect((await runWeft(["generate", "--help"])).stdout).toMatch(/--beams <n> .*samples with/);
  });

  test("the version is the package's", async () => {
    const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
      version: string;
    };
    expect((await runWeft(["--version"])).stdout.trim()).toBe(version);
  });

  test("wrong usage ends with 2 and says what was meant", async () => {
    const command = await runWeft(["inpsect", internvit]);
    expect(command.exitCode).toBe(2);
    expect(command.stderr).toContain("Did you mean inspect?");
    const option = await runWeft(["inspect", internvit, "--jsno"]);
    expect(option.exitCode).toBe(2);
    expect(option.stderr).toContain("Did you mean --json?");
    const missing = await runWeft(["run"]);
    expect(missing.exitCode).toBe(2);
    expect(missing.stderr).toContain("missing required argument 'file'");
  });

  test("options are checked before anything is opened", async () => {
    const cases = [
      ["run", internvit, "--in", "pixels"],
      ["run", internvit, "--set", "=3"],
      ["run", internvit, "--batch", "none"],
      ["run", internvit, "--out", "features.txt"],
      ["run", internvit, "--precision", "f8"],
      ["run", internvit, "--quantize", "int2"],
      ["bench", "--gemm", "3x4"],
      ["bench"],
      ["inspect", internvit, "--emit", "assembly"],
      ["generate", internvit, "--temperature", "-1"],
      ["generate", internvit, "--top-p", "1.5"],
      ["generate", internvit, "--beams", "2", "--top-p", "0"],
      ["chat", internvit, "--repetition-penalty", "0.5"],
      ["explain", "axis-mismtach"],
    ];
    for (const args of cases) {
      const { exitCode, stdout, stderr } = await runWeft(args, root);
      expect(`${args.join(" ")}: ${exitCode}`).toBe(`${args.join(" ")}: 2`);
      expect(stdout).toBe("");
      expect(stderr).not.toContain("mistake in Weft");
    }
  });
});

describe("sources from the disk", () => {
  test("imports are found beside the importer and in the standard library", () => {
    write("parts/a.weft", "// a");
    write("b.weft", "// b");
    const loader = diskLoader(folder);
    const entry = loader.load("parts/a.weft", undefined);
    expect(entry?.path).toBe("parts/a.weft");
    expect(loader.load("../b", entry)?.path).toBe("b.weft");
    expect(loader.load("../b.weft", entry)).toBe(loader.load("b.weft", undefined));
    expect(loader.load("std/layers", entry)?.text).toContain("module Linear");
    expect(loader.load("./nothing", entry)).toBeUndefined();
    expect(loader.candidates(entry)).toContain("std/layers");
    expect(loader.candidates(loader.load("b.weft", undefined))).not.toContain("./b");
  });
});

describe("weft explain", () => {
  test("knows the compiler's codes and the runtime's", async () => {
    const compiler = await runWeft(["explain", "axis-mismatch"]);
    expect(compiler.stdout).toMatch(/^axis-mismatch: /);
    expect(compiler.stdout).toContain("Wrong:");
    expect((await runWeft(["explain", "not-an-image"])).stdout).toMatch(/^not-an-image: /);
  });

  test("lists all of them", async () => {
    const { stdout } = await runWeft(["explain", "--json"]);
    const { codes } = JSON.parse(stdout) as { codes: { code: string; explain: string }[] };
    expect(codes.length).toBeGreaterThan(60);
    expect(new Set(codes.map(({ code }) => code)).size).toBe(codes.length);
    expect(codes.filter(({ explain }) => explain.length < 40)).toEqual([]);
  });

  test("helps with a typing mistake", async () => {
    const { exitCode, stderr } = await runWeft(["explain", "axis-mismtach"]);
    expect(exitCode).toBe(2);
    expect(stderr).toContain("did you mean `axis-mismatch`?");
  });
});

describe("the installed command", () => {
  test("runs from another folder", () => {
    expect(spawnSync(process.execPath, [join(root, "bin", "build.mjs")]).status).toBe(0);
    const weft = join(root, "bin", "weft.mjs");
    const { status, stdout, stderr } = spawnSync(process.execPath, [weft, "explain", "syntax"], {
      cwd: folder,
      encoding: "utf8",
    });
    expect(stderr).toBe("");
    expect(status).toBe(0);
    expect(stdout).toContain("syntax:");
  });
});

describe("weft inspect", () => {
  test("costs a mode without a GPU, as a program reads it", async () => {
    const args = ["inspect", internvit, "--model", "InternViT_tiny", "--mode", "forward", "--json"];
    const { exitCode, stdout, stderr } = await runWeft(args, root);
    expect(`${exitCode} ${stderr}`).toBe("0 ");
    const report = JSON.parse(stdout) as Record<string, unknown> & {
      parameters: { total: number; parts: Record<string, number> };
      kernels: { name: string; engine: string; count: number; places: string[] }[];
    };
    const parts = Object.values(report.parameters.parts);
    expect(parts.reduce((sum, count) => sum + count, 0)).toBe(report.parameters.total);
    const numbers = [
      "macs",
      "dispatches",
      "weightBytes",
      "activationBytes",
      "activationLowerBound",
    ];
    for (const name of numbers) expect(report[name]).toBeGreaterThan(0);
    expect(report.kernels.reduce((sum, kernel) => sum + kernel.count, 0)).toBe(report.dispatches);
    for (const { places } of report.kernels) expect(places.length).toBeGreaterThan(0);
  });

  test("sizes and settings change the cost", async () => {
    const of = async (...more: string[]) => {
      const args = [
        "inspect",
        internvit,
        "--model",
        "InternViT_tiny",
        "--mode",
        "forward",
        "--json",
      ];
      const { stdout } = await runWeft([...args, ...more], root);
      return JSON.parse(stdout) as { macs: number; parameters: { total: number } };
    };
    const [one, four, deeper] = [
      await of(),
      await of("--batch", "4"),
      await of("--set", "depth=5"),
    ];
    expect(four.macs).toBe(4 * one.macs);
    expect(four.parameters.total).toBe(one.parameters.total);
    expect(deeper.parameters.total).toBeGreaterThan(one.parameters.total);
  });

  test("lists the models of a file, and says what a part is not", async () => {
    const { stdout } = await runWeft(["inspect", internvit], root);
    expect(stdout).toContain("InternViT_6B");
    expect(stdout).toContain("forward, dense, pooled");
    write("part.weft", "model Part() {\n  fn forward(x: [B]) -> [B] {\n    x\n  }\n}\n");
    const part = await runWeft(["inspect", "part.weft"], folder);
    expect(part.exitCode).toBe(1);
    expect(part.stderr).toContain("`Part` has no mode");
  });
});

describe("weft check and weft fmt", () => {
  test("find a mistake that only numbers show", async () => {
    write(
      "odd.weft",
      "model Odd(size: int = 5) where size % 2 == 0 {\n  mode half(x: f32[B]) -> f32[B] {\n    x\n  }\n}\n",
    );
    const { exitCode, stderr } = await runWeft(["check", "odd.weft"], folder);
    expect(exitCode).toBe(1);
    expect(stderr).toContain("error[fact-false]");
    const json = await runWeft(["check", "odd.weft", "--json"], folder);
    const { diagnostics } = JSON.parse(json.stdout) as {
      diagnostics: { code: string; place: { line: number } }[];
    };
    expect(diagnostics.map(({ code, place }) => `${code} ${place.line}`)).toEqual(["fact-false 1"]);
  });

  test("write the one format, or only say who is not in it", async () => {
    const name = write("loose.weft", "model  A( ){\nmode m(x:f32[B])->f32[B]{x}}\n");
    const before = readFileSync(join(folder, name), "utf8");
    const dry = await runWeft(["fmt", "--check", name], folder);
    expect([dry.exitCode, dry.stdout, readFileSync(join(folder, name), "utf8")]).toEqual([
      1,
      `${name}\n`,
      before,
    ]);
    expect((await runWeft(["fmt", name], folder)).exitCode).toBe(0);
    expect(readFileSync(join(folder, name), "utf8")).not.toBe(before);
    expect((await runWeft(["fmt", "--check", name], folder)).exitCode).toBe(0);
    write("broken.weft", "model {");
    const broken = await runWeft(["fmt", "broken.weft"], folder);
    expect(broken.exitCode).toBe(1);
    expect(readFileSync(join(folder, "broken.weft"), "utf8")).toBe("model {");
  });
});
