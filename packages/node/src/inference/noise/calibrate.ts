import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { EngineInfo } from '@assay/protocol';
import type { InferenceBackend, InferenceModel } from '@assay/roles/ports/inference';
import { toHex } from '@assay/ssz';
import { requantise } from '../gguf/requantise.ts';
import { KeptSamples } from './kept-samples.ts';
import { type MeasuredNoise, noiseOf } from './profile.ts';
import { type HonestRequest, honestRequest } from './requests.ts';
import { type Served, samplesOf } from './sample.ts';

/** What of a measurement is done, and how long the rest will take; null while nobody knows. */
export interface CalibrationProgress {
  readonly part: 'honest' | 'substituted';
  readonly done: number;
  readonly total: number;
  readonly leftS: number | null;
}

export interface Calibration {
  readonly file: { readonly path: string; readonly fileHash: string };
  /** Who answers, and from what; null: the auditor's own backend. */
  readonly miner: { readonly model: InferenceModel; readonly engine: EngineInfo } | null;
  readonly auditor: InferenceBackend;
  /** Honest requests, which are answered and audited. */
  readonly requests: number;
  /** Requests that the same weights in four bits answer. */
  readonly substitutes: number;
  /** Where samples are kept from one run to the next. */
  readonly directory: string;
  readonly onProgress: (progress: CalibrationProgress) => void;
}

/** Answers that are written at the same time. */
const parallel = 2;
/** Samples after which the time that is left can be told. */
const leastToTell = 4;
/** Hexadecimal digits of a hash in the name of a file. */
const shownDigits = 12;

/**
 * Measures how far honest answers of a miner are from what an auditor finds, and those of the same weights in four
 * bits. What an earlier run measured of these engines and this file counts. Rejects with the signal's reason when it is
 * aborted, with MODEL_FILE_UNUSABLE for a file that cannot be rewritten, and like the backends.
 */
export async function calibrate(calibration: Calibration, signal: AbortSignal): Promise<MeasuredNoise> {
  const { file, auditor, directory } = calibration;
  const reference = await auditor.open(file.path);
  const miner = calibration.miner ?? { model: reference, engine: auditor.engine };
  const [fileName, minerName, auditorName] = [file.fileHash, rootOf(miner.engine), rootOf(auditor.engine)].map((hash) =>
    hash.slice(0, shownDigits),
  );
  const part = (name: string, total: number): Part => {
    return { kept: new KeptSamples(join(directory, `${fileName}-${name}-${auditorName}.ndjson`)), total };
  };
  const honest = part(minerName ?? '', calibration.requests);
  const substituted = part('Q4_0', calibration.substitutes);
  const pace = new Pace([honest, substituted]);
  const fill = async (name: CalibrationProgress['part'], { kept, total }: Part, by: Served) => {
    const pair = { miner: by, auditor: reference, parallel };
    for await (const [number, sample] of samplesOf(pair, missing(kept, total), signal)) {
      kept.add(number, sample);
      calibration.onProgress({ part: name, done: kept.size, total, leftS: pace.leftS() });
    }
  };
  await fill('honest', honest, miner);
  if (substituted.kept.size < substituted.total) {
    const cut = join(directory, `${fileName}-Q4_0.gguf`);
    try {
      await requantise(file.path, cut, 'Q4_0');
      await fill('substituted', substituted, { model: await auditor.open(cut), engine: auditor.engine });
    } finally {
      await rm(cut, { force: true });
    }
  }
  const samples = { honest: honest.kept.values(), substituted: substituted.kept.values() };
  return noiseOf(samples, { miner: miner.engine, auditor: auditor.engine });
}

const rootOf = (engine: EngineInfo) => toHex(EngineInfo.hashTreeRoot(engine));

interface Part {
  readonly kept: KeptSamples;
  readonly total: number;
}

/** Requests that are not answered yet. Some answers are empty, so there are more numbers than samples. */
function* missing(kept: KeptSamples, total: number): Generator<readonly [number, HonestRequest]> {
  for (let number = 0; number < total * 2 && kept.size < total; number++) {
    if (!kept.has(number)) yield [number, honestRequest(number)];
  }
}

/** How long what is left takes, by what was done since. */
class Pace {
  readonly #parts: readonly Part[];
  readonly #startedMs = performance.now();
  readonly #before: number;

  constructor(parts: readonly Part[]) {
    this.#parts = parts;
    this.#before = this.#done();
  }

  leftS(): number | null {
    const done = this.#done() - this.#before;
    if (done < leastToTell) return null;
    const left = this.#parts.reduce((sum, { kept, total }) => sum + Math.max(0, total - kept.size), 0);
    return Math.round(((performance.now() - this.#startedMs) / 1000 / done) * left);
  }

  #done(): number {
    return this.#parts.reduce((sum, { kept }) => sum + kept.size, 0);
  }
}
