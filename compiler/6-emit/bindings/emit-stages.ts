import {
  type FunctionDeclarationStructure,
  type InterfaceDeclarationStructure,
  StructureKind,
} from "ts-morph";
import type { ModelBinding, StageBinding } from "./model-binding.ts";
import { interfaceOf } from "./tensor-interface.ts";
import { typeName } from "./type-name.ts";

type Statement = InterfaceDeclarationStructure | FunctionDeclarationStructure;

/** The record of a stage, a function that trains by it, and one that gives the gradients of one record. */
export function stageStatements(model: ModelBinding, stage: StageBinding): readonly Statement[] {
  const name = typeName(stage.stage);
  return [
    interfaceOf(`${name}Record`, `One record of \`${stage.stage}\`.`, stage.inputs, true),
    optionsOf(stage, "Training", "TrainingOptions"),
    callOf(model, stage, {
      called: "train",
      summary: `Trains by \`${stage.stage}\`, in a folder: \`for await (const event of await train${name}(options))\`.`,
      parameters: [{ name: "options", type: `${name}Training` }],
      result: "TrainingRun",
      own: [],
    }),
    optionsOf(stage, "Gradient", "GradOptions"),
    callOf(model, stage, {
      called: "grad",
      summary: `The loss of \`${stage.stage}\` for one record, and its gradients by the keys of the checkpoint.`,
      parameters: [
        { name: "inputs", type: `${name}Record` },
        {
          name: "options",
          type: `${name}GradientOptions`,
          ...(isPhased(stage) ? {} : { initializer: "{}" }),
        },
      ],
      result: "Gradients",
      own: ["inputs: { ...inputs }"],
    }),
  ];
}

/** What a phase is to be named for: gradients are those of one, and a run goes through all if none is named. */
function isPhased({ phases }: StageBinding): boolean {
  return phases.length > 1;
}

/** The library's options, less what the bindings know. */
function optionsOf(
  stage: StageBinding,
  purpose: "Training" | "Gradient",
  type: "TrainingOptions" | "GradOptions",
): InterfaceDeclarationStructure {
  const left = purpose === "Training" ? "" : ` | "inputs"`;
  const names = stage.phases.map((phase) => JSON.stringify(phase)).join(" | ");
  const phase = {
    name: "phase",
    isReadonly: true,
    hasQuestionToken: purpose === "Training" || !isPhased(stage),
    type: names,
    docs: [
      purpose === "Training" ? "One phase alone; without it all of them." : "One of its phases.",
    ],
  };
  return {
    kind: StructureKind.Interface,
    name: `${typeName(stage.stage)}${purpose === "Training" ? purpose : `${purpose}Options`}`,
    isExported: true,
    extends: [`Omit<${type}, "file" | "stage" | "phase" | "set"${left}>`],
    properties: stage.phases.length === 0 ? [] : [phase],
  };
}

interface StageCall {
  readonly called: "train" | "grad";
  readonly summary: string;
  readonly parameters: readonly {
    readonly name: string;
    readonly type: string;
    readonly initializer?: string;
  }[];
  readonly result: string;
  readonly own: readonly string[];
}

function callOf(
  model: ModelBinding,
  { stage }: StageBinding,
  { called, summary, parameters, result, own }: StageCall,
): FunctionDeclarationStructure {
  const fixed = [
    `file: new URL(${JSON.stringify(model.file)}, import.meta.url)`,
    `stage: ${JSON.stringify(stage)}`,
    `set: ${JSON.stringify(model.settings)}`,
  ];
  return {
    kind: StructureKind.Function,
    name: `${called}${typeName(stage)}`,
    isExported: true,
    docs: [summary],
    parameters: [...parameters],
    returnType: `Promise<${result}>`,
    statements: (writer) => {
      writer.writeLine(`return ${called}({`);
      writer.indent(() => {
        for (const entry of ["...options", ...fixed, ...own]) writer.writeLine(`${entry},`);
      });
      writer.writeLine("});");
    },
  };
}
