import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { scaleOver, tickText } from "../../../compiler/api/charts/ticks.ts";
import { reportRun } from "../../../compiler/api/runs/report-run.ts";
import { crc32c } from "../../../compiler/api/runs/tensorboard/crc32c.ts";
import { EventFile } from "../../../compiler/api/runs/tensorboard/event-file.ts";
import { readEvents } from "../../support/runs/read-events.ts";
import { runWeft } from "../../support/texts/run-weft.ts";

const folder = mkdtempSync(join(tmpdir(), "weft-report-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const phase = (name: string, from: number, to: number) => ({
  from,
  to,
  stage: {
    stage: "fit",
    phase: name,
    groups: [{ selector: "<head>", lr: 0.01, parameters: [{ numbers: 12 }] }],
  },
});

/** A run of so many steps as training leaves it, with two phases. */
function writeRun(name: string, steps: number): string {
  const run = join(folder, name);
  mkdirSync(run);
  const document = {
    model: "Line & <Co>",
    device: "none",
    weft: "0.1.0",
    seed: 3,
    steps,
    phases: [phase("low", 0, steps >> 1), phase("high", steps >> 1, steps)],
    changes: [{ step: 4, what: ["seed"] }],
  };
  writeFileSync(join(run, "run.json"), JSON.stringify(document));
  const lines = Array.from({ length: steps }, (_, n) => {
    const step = n + 1;
    const loss = step === 2 ? Number.NaN : 4 * Math.exp(-n / 150) + 0.3 * Math.sin(7 * n) ** 2;
    const lr = Math.min(1, step / 20) * (1 - n / steps);
    const speed = { samplesPerSecond: 900 + (n % 9), idle: 0.2, memory: 2e8, time: 1e9 + n / 4 };
    const own = { step, samples: 8 * step, loss, watches: { worst: 2 * loss }, norm: 1 / step, lr };
    const line = JSON.stringify({ ...own, skipped: step === 2 ? 1 : 0, ...speed });
    if (step % 100 !== 0) return line;
    const heldOut = { loss: 2 + (step - 200) ** 2 / 1e5, watches: { worst: 4 } };
    return `${line}\n${JSON.stringify({ step, samples: 8 * step, held_out: heldOut })}`;
  });
  writeFileSync(join(run, "metrics.jsonl"), `${lines.join("\n")}\n`);
  return run;
}

describe("the report of a run", () => {
  test("has charts, numbers and warnings, and needs nothing else", () => {
    const run = writeRun("whole", 600);
    const { charts, page } = reportRun(run);
    const svg = readFileSync(charts, "utf8");
    const titles = [
      ...["fit of Line &#38; &#60;Co&#62;", "loss", "learning rate, of its peak"],
      ...[
        "norm of the gradient",
        "samples a second",
        "memory of the process, MiB",
        "worst",
        "high",
      ],
    ];
    for (const title of titles) expect(svg).toContain(`>${title}</text>`);
    expect(svg).not.toMatch(/NaN|Infinity|undefined/);
    expect(svg.length).toBeLessThan(300_000);
    const html = readFileSync(page, "utf8");
    expect(html).toContain(svg);
    for (const text of [
      "<td>600 of 600</td>",
      "From step 5 on it went on with another seed.",
      "One step was skipped because a gradient was not finite, the first of them step 2.",
      "20 % of the time went by waiting for data.",
      "was lowest after step 200 and has risen since",
      "&#60;head&#62;",
    ])
      expect(html).toContain(text);
    expect(html).not.toMatch(/<script|(src|href)=|url\(h|NaN|undefined/);
    reportRun(run);
    expect(readFileSync(page, "utf8")).toBe(html);
  });

  test("is made of one step as well, and again by a command", async () => {
    const run = writeRun("short", 1);
    const { exitCode, stdout } = await runWeft(["report", run], folder);
    expect([exitCode, stdout]).toEqual([
      0,
      `charts ${run}/loss.svg\nreport ${run}/report.html\nevents ${run}/events.tfevents\n`,
    ]);
    expect(readFileSync(join(run, "loss.svg"), "utf8")).not.toMatch(/NaN|Infinity|undefined/);
  });

  test("is refused where there is no run", async () => {
    const none = await runWeft(["report", join(folder, "none")], folder);
    expect(none).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining("it has no run.json"),
    });
    const run = writeRun("torn", 3);
    writeFileSync(join(run, "metrics.jsonl"), '{"step":1,"loss":2}\n{"loss":1}\n{"step":3');
    expect(() => reportRun(run)).toThrow(/line 2 is no metrics of a step/);
  });
});

describe("events for TensorBoard", () => {
  test("are those of the metrics, with their sums", () => {
    expect(crc32c(new TextEncoder().encode("123456789"))).toBe(0xe3069283);
    const run = writeRun("events", 200);
    const path = new EventFile(run).writeAnew();
    const [version, ...events] = readEvents(readFileSync(path));
    expect(version).toMatchObject({ version: "brain.Event:2", time: 1e9 });
    expect(events).toHaveLength(202);
    expect(events[0]).toMatchObject({ step: 1, time: 1e9 });
    expect(events[0]?.scalars["training/loss"]).toBeCloseTo(4, 6);
    expect(Object.keys(events[0]?.scalars ?? {}).toSorted()).toEqual(
      ["idle", "loss", "lr", "memory", "norm", "samplesPerSecond", "skipped", "worst"].map(
        (name) => `training/${name}`,
      ),
    );
    expect(events[1]?.scalars["training/loss"]).toBeNaN();
    expect(events[100]).toMatchObject({ step: 100, time: 1e9 + 24.75 });
    expect(events[100]?.scalars).toEqual({
      "held_out/loss": expect.closeTo(2.1, 6),
      "held_out/worst": 4,
    });
  });

  test("grow with the run, and go back with it", () => {
    const run = writeRun("growing", 4);
    const file = new EventFile(run);
    const told = (step: number, loss: number) => ({
      step,
      numbers: { loss, time: 7 },
      watches: {},
      isHeldOut: false,
    });
    const steps = () =>
      readEvents(readFileSync(join(run, "events.tfevents"))).map(({ step }) => step);
    // The metrics have all four lines before the first of them is told.
    for (const step of [1, 2, 3, 4]) file.note(told(step, 1));
    expect(steps()).toEqual([0, 1, 2, 3, 4]);
    file.note(told(5, 1));
    file.note(told(300, 1));
    expect(steps()).toEqual([0, 1, 2, 3, 4, 5, 300]);
    file.note(told(4, 1));
    expect(steps()).toEqual([0, 1, 2, 3, 4]);
  });
});

test("axes are marked at round numbers", () => {
  expect(scaleOver([0.13, 0.87], 4).ticks).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1]);
  expect(scaleOver([5, 5], 4)).toMatchObject({ from: 4.5, to: 5.5 });
  expect(scaleOver([], 4).ticks).toEqual([0, 1]);
  expect([0, 3e-5, 0.25, 1500, 15000, 2e6].map(tickText)).toEqual([
    ...["0", "3e-5", "0.25", "1500", "15k", "2M"],
  ]);
});
