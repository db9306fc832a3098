import {
  driverManifests,
  hasSystemDrivers,
  hasSystemLoader,
  refusalsOfDrivers,
} from "../../../runtime/device/dawn.ts";
import { findSwiftShader } from "../../../runtime/device/swiftshader.ts";
import { formatTime } from "../../api/text/format-quantity.ts";
import { computeSample } from "./compute-sample.ts";
import { type AdapterDescription, describeAdapters } from "./describe-adapters.ts";
import { describeDrivers, lavapipeAdvice } from "./driver-advice.ts";

/** One thing that Weft needs or profits from. `slow` works, and there is something better. */
export interface Finding {
  readonly subject: string;
  readonly state: "good" | "slow" | "missing";
  readonly found: string;
  readonly advice?: string;
}

const oldestNode = [20, 10] as const;

/** Looks at everything between a `.weft` file and a result on this machine, in that order. */
export async function examineMachine(): Promise<readonly Finding[]> {
  const binding = await examineBinding();
  if (binding.state === "missing") return [examineNode(), binding];
  const adapters = await describeAdapters();
  return [
    examineNode(),
    binding,
    await examineDrivers(adapters),
    examineAdapters(adapters),
    examineTuning(adapters),
    await examineResult(),
  ];
}

function examineNode(): Finding {
  const found = process.versions.node;
  const [major = 0, minor = 0] = found.split(".").map(Number);
  const [oldestMajor, oldestMinor] = oldestNode;
  const isGood = major > oldestMajor || (major === oldestMajor && minor >= oldestMinor);
  if (isGood) return { subject: "Node", state: "good", found };
  return {
    subject: "Node",
    state: "missing",
    found,
    advice: `install Node ${oldestNode.join(".")} or later`,
  };
}

async function examineBinding(): Promise<Finding> {
  const subject = "WebGPU (Dawn)";
  try {
    await import("webgpu");
    return { subject, state: "good", found: `${process.platform}-${process.arch}` };
  } catch (error) {
    const found = error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error);
    return {
      subject,
      state: "missing",
      found,
      advice: "run `npm install`; x64 and arm64 are supported",
    };
  }
}

async function examineDrivers(adapters: readonly AdapterDescription[]): Promise<Finding> {
  const subject = "drivers";
  const packaged = await findSwiftShader();
  const own =
    packaged.found === undefined
      ? `none of our own (${packaged.because})`
      : "SwiftShader of the optional package";
  const isRefused = hasSystemDrivers() && !adapters.some(({ origin }) => origin === "system");
  if (isRefused) {
    const [reason] = refusalsOfDrivers();
    const because = reason === undefined ? "" : ` (${reason})`;
    const found = `the system's ${describeDrivers(driverManifests())}, which Dawn refuses${because}; ${own}`;
    const state = packaged.found === undefined ? "missing" : "slow";
    return { subject, state, found, advice: lavapipeAdvice() };
  }
  if (hasSystemDrivers()) return { subject, state: "good", found: `the system's, and ${own}` };
  const lack = hasSystemLoader()
    ? "the system has a Vulkan loader and no driver"
    : "the system has no Vulkan loader";
  if (packaged.found !== undefined)
    return { subject, state: "slow", found: `${lack}; ${own}`, advice: lavapipeAdvice() };
  return { subject, state: "missing", found: `${lack}; ${own}`, advice: lavapipeAdvice() };
}

function examineAdapters(adapters: readonly AdapterDescription[]): Finding {
  const subject = "adapters";
  const found = adapters.map((adapter) => adapter.name).join("; ");
  if (adapters.length === 0) {
    return {
      subject,
      state: "missing",
      found: "none",
      advice: "`npm install --include=optional` brings SwiftShader on linux-x64",
    };
  }
  if (adapters.some((adapter) => adapter.kind === "hardware"))
    return { subject, state: "good", found };
  return { subject, state: "slow", found: `${found} (software only)` };
}

/** Nothing is missing without a table: schedules choose by the device's limits. */
function examineTuning(adapters: readonly AdapterDescription[]): Finding {
  const tuned = adapters.filter(({ tunedChoices }) => tunedChoices > 0);
  const found = tuned.map(({ name, tunedChoices }) => `${tunedChoices} choices for ${name}`);
  const none = "none (`weft bench --tune` measures the contractions of a program)";
  return { subject: "tuned kernels", state: "good", found: found.join("; ") || none };
}

async function examineResult(): Promise<Finding> {
  const subject = "a result";
  try {
    const { device, timeMs, error } = await computeSample();
    const found = `a small model compiled and ran on ${device} in ${formatTime(timeMs)}, error ${error.toExponential(0)}`;
    if (error < 1e-5) return { subject, state: "good", found };
    return {
      subject,
      state: "missing",
      found,
      advice: "the driver computes wrong numbers: choose another with --device",
    };
  } catch (error) {
    const found = error instanceof Error ? error.message : String(error);
    return {
      subject,
      state: "missing",
      found,
      advice: "`weft devices --json` shows what each adapter offers",
    };
  }
}
