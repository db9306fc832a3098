// ReaL: ImageNet's validation pictures with new labels, any number for each picture.
import { join } from "node:path";
import { fault } from "../../faults.ts";
import { readDocument } from "../entries/read-entries.ts";
import { foldersIn, type ImageLayout, imagesIn } from "./labelled-images.ts";

/**
 * Entry i of `real.json` has the classes of the picture whose name ends in i + 1. A picture without classes is in the set,
 * and in no count.
 */
export const realLayout: ImageLayout = {
  files: ["real.json", "val/<wnid>/"],
  read(data, findings) {
    const paths = new Map<number, string>();
    for (const folder of foldersIn(join(data, "val")))
      for (const name of imagesIn(join(data, "val", folder))) {
        const [, digits] = /^ILSVRC2012_val_(\d{8})\.JPEG$/i.exec(name) ?? [];
        const [path, number] = [join("val", folder, name), Number(digits)];
        const told = (reason: string) =>
          findings.add(fault("data-wrong", { file: join(data, path), place: "", reason }));
        if (digits === undefined) told("its name is not `ILSVRC2012_val_` and eight digits");
        else if (paths.has(number)) told(`\`${paths.get(number)}\` has the same number`);
        else paths.set(number, path);
      }
    findings.assertNone();
    const items = findings.each(
      readDocument(join(data, "real.json")).elements(),
      (entry, index) => {
        const path = paths.get(index + 1);
        paths.delete(index + 1);
        const labels = entry.elements().map((label) => {
          const number = label.asNumber();
          if (!Number.isInteger(number) || number < 0) throw label.wrong("it is no class");
          return number;
        });
        const id = `ILSVRC2012_val_${String(index + 1).padStart(8, "0")}`;
        if (path === undefined) throw entry.wrong(`there is no picture \`${id}.JPEG\``);
        return { id, unit: id, labels, path };
      },
    );
    for (const path of paths.values())
      findings.add(
        fault("data-wrong", {
          file: join(data, path),
          place: "",
          reason: "real.json has no entry for it",
        }),
      );
    return { items };
  },
};
