import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

/** Where models and networks lie: `ASSAY_HOME`, or `.assay` in the user's home. */
export function assayHome(environment: Readonly<Record<string, string | undefined>>): string {
  return resolve(environment.ASSAY_HOME || join(homedir(), '.assay'));
}
