import { existsSync } from "node:fs";
import { fault } from "../faults.ts";
import { dataSets } from "./data-set-registry.ts";
import { dataSetPlace } from "./get-data-set.ts";

/**
 * The path of the data that somebody names: as it is where something is there, else the place of the fetched data set
 * of that name.
 *
 * @throws {RuntimeFault} `data-set-unfetched` where the name is one of ours and was not fetched yet.
 */
export function findData(named: string): string {
  if (existsSync(named) || !dataSets.some(({ name }) => name === named)) return named;
  const place = dataSetPlace(named);
  if (!existsSync(place)) throw fault("data-set-unfetched", { name: named });
  return place;
}
