import { spawnSync } from "node:child_process";
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createColors } from "picocolors";
import { afterAll, describe, expect, test } from "vitest";
import { plainStyle } from "../../compiler/api/text/style.ts";
import { formatTable } from "../../compiler/api/text/table.ts";
import { hostOf } from "../../compiler/cli/host.ts";
import { describeDrivers, lavapipeAdvice } from "../../compiler/cli/machine/driver-advice.ts";
import { writeAtomically } from "../../runtime/files/atomic-write.ts";
import { duplicateKey } from "../../runtime/weights/duplicate-key.ts";
import { runWeft } from "../support/texts/run-weft.ts";

const folder = mkdtempSync(join(tmpdir(), "weft-surroundings-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const root = join(import.meta.dirname, "..", "..");
const command = join(root, "bin", "weft.mjs");
const linux = process.platform === "linux";

const text = `model Scale {
  axis D = 4
  param w: [D] = 1.0
  mode forward(x: f32[D]) -> f32[D] {
    x * w
  }
}
`;
writeFileSync(join(folder, "case.weft"), text);

describe.runIf(linux)("what is no regular file", () => {
  const pipe = join(folder, "pipe.safetensors");
  spawnSync("mkfifo", [pipe]);

  test.each([
    ["weights", ["inspect", "case.weft", "--mode", "forward", "--weights", pipe]],
    ["weights of zeros", ["inspect", "case.weft", "--mode", "forward", "--weights", "/dev/zero"]],
    ["a source to format", ["fmt", pipe]],
    ["a vocabulary", ["tokenize", "--tokenizer", pipe, "case.weft"]],
  ])("is told at once: %s", async (_, args) => {
    const { exitCode, stderr } = await runWeft(args, folder);
    expect(exitCode).not.toBe(0);
    expect(stderr).toMatch(/no regular file/);
    expect(stderr).not.toContain("mistake in Weft");
  });

  test("a source is then no file", async () => {
    const { exitCode, stderr } = await runWeft(["check", pipe], folder);
    expect([exitCode, stderr.match(/^error\[unknown-import\]/gm)]).toEqual([
      1,
      ["error[unknown-import]"],
    ]);
  });
});

describe.runIf(linux)("where results cannot go", () => {
  test("below /proc no folder can be made, and that is told", () => {
    expect(() => writeAtomically("/proc/nowhere/deep/x.npy", [])).toThrow("cannot be used");
  });

  test("a full disk is one line, not a stack", () => {
    const full = openSync("/dev/full", "w");
    const { status, stderr } = spawnSync(process.execPath, [command, "explain"], {
      stdio: ["ignore", full, "pipe"],
      encoding: "utf8",
    });
    closeSync(full);
    expect(status).toBe(1);
    expect(stderr.trim().split("\n").at(-1)).toEqual(
      expect.stringMatching(/^error\[stdout-unwritable\]: .*ENOSPC/),
    );
    expect(stderr).not.toContain("    at ");
  });

  test("a reader that left is the end of it", () => {
    const line = `"${process.execPath}" "${command}" explain | true; exit \${PIPESTATUS[0]}`;
    const { status, stderr } = spawnSync("bash", ["-c", line], { encoding: "utf8" });
    expect([status, stderr]).toEqual([0, ""]);
  });
});

describe("texts on their way to a terminal", () => {
  function shown(isTerminal: boolean, colored: boolean) {
    const written: string[] = [];
    const stream = {
      write: (one: string) => void written.push(one),
      isTerminal,
      style: { colors: createColors(colored), width: undefined },
    };
    const host = hostOf(stream, stream);
    return { host, take: () => written.splice(0).join("") };
  }

  test("control characters are shown, lines and tabs stay", () => {
    const { host, take } = shown(true, false);
    host.say("a\u001b[2Jb\u0007\rc\u009b1md\n\te\n");
    expect(take()).toBe("a\\x1b[2Jb\\x07\\x0dc\\x9b1md\n\te\n");
    host.result("\u001b[31mred\u001b[39m");
    expect(take()).toBe("\\x1b[31mred\\x1b[39m");
  });

  test("colours pass where there are colours", () => {
    const { host, take } = shown(true, true);
    host.result("\u001b[31mred\u001b[39m\u001b[2J");
    expect(take()).toBe("\u001b[31mred\u001b[39m\\x1b[2J");
  });

  test("a text of a model is what it is in a file, and harmless on a terminal", () => {
    const file = shown(false, false);
    file.host.text("\u001b[2J");
    expect(file.take()).toBe("\u001b[2J");
    const terminal = shown(true, false);
    terminal.host.text("\u001b[2J");
    expect(terminal.take()).toBe("\\x1b[2J");
  });

  test("a name with a line break forges no row of a table and no line of a message", async () => {
    const rows = [["w\nforged  4", "1"]];
    expect(
      formatTable([{ title: "a" }, { title: "b" }], rows, plainStyle).split("\n"),
    ).toHaveLength(3);
    const name = "w\nerror: forged\u001b[2J";
    mkdirSync(join(folder, "sharded"), { recursive: true });
    const index = { weight_map: { [name]: "a\u001b[2J.safetensors" } };
    writeFileSync(join(folder, "sharded", "model.safetensors.index.json"), JSON.stringify(index));
    const { stderr } = await runWeft(
      ["inspect", "case.weft", "--mode", "forward", "--weights", "sharded"],
      folder,
    );
    expect(stderr).toContain("the shard `a\\x1b[2J.safetensors` is missing");
    expect(stderr).not.toContain("\u001b");
  });

  test("a source shows its control characters in the frame", async () => {
    writeFileSync(join(folder, "escape.weft"), "model M {\n  axis \u001b[2J = 3\n}\n");
    const { stderr } = await runWeft(["check", "escape.weft"], folder);
    expect(stderr).not.toContain("\u001b");
    expect(stderr).toContain("axis \u241b[2J = 3");
  });
});

test("keys that a JSON text gives twice are found, those of different objects are not", () => {
  expect(duplicateKey('{"a": 1, "b": {"a": 2, "c": [{"a": 1}, {"a": 1}]}}')).toBeUndefined();
  expect(duplicateKey('{"a": {"x": 1, "x": 2}}')).toBe("x");
  expect(duplicateKey('{"a\\u0062": 1, "ab": 2}')).toBe("ab");
  expect(duplicateKey('{"a": "a", "b": ":", "c": "\\"a\\":"}')).toBeUndefined();
});

describe("a driver that is refused", () => {
  test("the advice is what helps on this distribution", () => {
    expect(lavapipeAdvice({ ID: "debian", VERSION_ID: "12" })).toContain(
      "apt install -t bookworm-backports mesa-vulkan-drivers",
    );
    expect(lavapipeAdvice({ ID: "ubuntu", VERSION_ID: "24.04" })).toContain(
      "`apt install mesa-vulkan-drivers`",
    );
    expect(lavapipeAdvice({})).toContain("Mesa 24 or later");
  });

  test("it is named with the version that stands in its library", () => {
    writeFileSync(join(folder, "libvulkan_lvp.so"), "\u007fELF\0\0Mesa 22.3.6\0 (git)");
    const manifest = join(folder, "lvp_icd.x86_64.json");
    writeFileSync(manifest, JSON.stringify({ ICD: { library_path: "./libvulkan_lvp.so" } }));
    expect(describeDrivers([manifest, join(folder, "radeon_icd.json")])).toBe(
      "lavapipe of Mesa 22.3.6, radeon_icd",
    );
  });
});

test("a config.json as Python writes it gives its sizes; an empty one is one diagnostic", async () => {
  const checkpoint = join(folder, "checkpoint");
  mkdirSync(checkpoint, { recursive: true });
  const head = JSON.stringify({
    weight: { dtype: "F32", shape: [4, 8], data_offsets: [0, 128] },
  }).padEnd(72);
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(head.length));
  writeFileSync(
    join(checkpoint, "model.safetensors"),
    Buffer.concat([size, Buffer.from(head), Buffer.alloc(128)]),
  );
  writeFileSync(
    join(folder, "probe.weft"),
    `model Probe<In = 3, Out = 2>() {
  param weight: [Out, In] = 1.0

  mode forward(x: f32[B, In]) -> [B, Out] {
    sum{In}(real(x) * weight)
  }
}

weights probe of Probe {
  config "config.json" {
    In = "hidden_size"
    Out = "num_labels"
  }
}
`,
  );
  const config = join(checkpoint, "config.json");
  const args = [
    "run",
    "probe.weft",
    "--model",
    "Probe",
    "--mode",
    "forward",
    "--weights",
    "checkpoint",
    "--dry-run",
  ];
  writeFileSync(
    config,
    '\ufeff{\n  "hidden_size": 8,\n  "num_labels": 4,\n  "limits": [0.0, -Infinity],\n  "scale": NaN\n}\n',
  );
  expect(await runWeft(args, folder)).toMatchObject({
    exitCode: 0,
    stdout: expect.stringContaining("2 of its 2 settings in the configuration"),
  });
  expect(readFileSync(config, "utf8")).toContain("NaN");
  writeFileSync(config, "");
  const { exitCode, stderr } = await runWeft(args, folder);
  expect([exitCode, stderr.match(/^error\[[a-z-]+\]/gm)]).toEqual([
    1,
    ["error[config-unreadable]"],
  ]);
});
