import { arithmeticForms } from "./arithmetic-forms.ts";
import { conversionForms } from "./conversion-forms.ts";
import { functionForms } from "./function-forms.ts";
import { joiningForms } from "./joining-forms.ts";
import { logicForms } from "./logic-forms.ts";
import { positionForms } from "./position-forms.ts";
import { putForm } from "./put-form.ts";
import { randomForms } from "./random-forms.ts";
import { rankingForms } from "./ranking-forms.ts";
import { reductionForms } from "./reduction-forms.ts";
import { renamingForms } from "./renaming-forms.ts";
import { reshapingForms } from "./reshaping-forms.ts";
import { defineSurface, type SurfaceOp } from "./surface.ts";
import { takeForm } from "./take-form.ts";
import { whereForm } from "./where-form.ts";
import { windowForms } from "./window-forms.ts";

export interface FormFamily {
  readonly title: string;
  readonly forms: readonly SurfaceOp[];
}

/** All written forms by subject, in the order in which a reader meets them. */
export const formFamilies: readonly FormFamily[] = [
  { title: "Arithmetic", forms: [...arithmeticForms, ...functionForms] },
  { title: "Conditions", forms: [...logicForms, whereForm] },
  { title: "Element types", forms: conversionForms },
  { title: "Reductions", forms: [...reductionForms, ...rankingForms] },
  { title: "Names and shapes", forms: [...renamingForms, ...reshapingForms] },
  { title: "Positions", forms: [...positionForms, takeForm, putForm, ...windowForms] },
  { title: "Joins and stacks", forms: joiningForms },
  { title: "Random numbers", forms: randomForms },
];

/** Every primitive as it is written, by the name or symbol of the callee. */
export const surfaceOps: ReadonlyMap<string, SurfaceOp> = byName(
  formFamilies.flatMap((family) => family.forms),
);

/** `max{K}(x)` reduces and `max(a, b)` compares: where a name has two forms, braces tell. */
function byName(forms: readonly SurfaceOp[]): ReadonlyMap<string, SurfaceOp> {
  const found = new Map<string, SurfaceOp>();
  for (const form of forms) {
    const plain = found.get(form.name);
    found.set(form.name, plain === undefined ? form : either(plain, form));
  }
  return found;
}

function either(plain: SurfaceOp, braced: SurfaceOp): SurfaceOp {
  return defineSurface({
    name: plain.name,
    signature: `${plain.signature}, ${braced.signature}`,
    doc: `${plain.doc} With braces: ${braced.doc}`,
    // One argument is nothing to compare: only the braces are missing.
    elaborate: (call) =>
      (call.braces === undefined && call.args.length !== 1 ? plain : braced).elaborate(call),
  });
}
