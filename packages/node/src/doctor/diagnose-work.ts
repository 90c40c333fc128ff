import type { Deadlines, EngineInfo } from '@assay/protocol';
import { type Finding, failed, ok, warning } from './finding.ts';

/** How fast a model was, or why that is not known. */
export type SpeedFacts =
  | { readonly readPerSecond: number; readonly writtenPerSecond: number; readonly firstMs: number }
  | { readonly problem: string };

/** What a machine can compute with. */
export interface WorkFacts {
  readonly engine: EngineInfo | { readonly problem: string };
  /** Graphics cards, each in a few words. */
  readonly gpus: readonly string[];
  /** SHA-256 of the model file, or why it was not read to its end; null where nobody wanted to. */
  readonly fileHash: string | { readonly problem: string } | null;
  /** Null where nothing was measured. */
  readonly speed: SpeedFacts | null;
}

/** What the network asks of the work. */
export interface WorkAsked {
  /** The server that computes in the place of the built-in engine; null where none does. */
  readonly upstreamUrl: string | null;
  /** SHA-256 of the models that are registered, or that the catalogue names; null where nobody says. */
  readonly modelHashes: readonly string[] | null;
  /** Null where there is no network yet. */
  readonly deadlines: Deadlines | null;
}

/** What a machine's work is worth to a network: whether it can be compared, whether it is fast enough. */
export function diagnoseWork(facts: WorkFacts, asked: WorkAsked): Finding[] {
  return [
    ofEngine(facts, asked),
    ofGpu(facts, asked),
    ...(facts.fileHash === null ? [] : [ofFile(facts.fileHash, asked)]),
    ...(facts.speed === null ? [] : [ofSpeed(facts.speed, asked)]),
  ];
}

function ofEngine({ engine }: WorkFacts, { upstreamUrl }: WorkAsked): Finding {
  if ('problem' in engine) {
    const text = `The built-in engine does not start: ${engine.problem} Nothing can be served or checked with it.`;
    return failed('engine', text, 'Install again with `npm ci`, or use a machine with an x64 or arm64 processor.');
  }
  const named = `The built-in engine is ${engine.name} ${engine.build}, ${engine.backend}`;
  if (upstreamUrl !== null) {
    return ok('engine', `${named}; ${upstreamUrl} computes in its place, and is paid where a noise profile names it.`);
  }
  if (/\bavx2\b/.test(engine.backend)) {
    return ok('engine', `${named}: as on all newer processors, so validators can compare its work, and it is paid.`);
  }
  const text = `${named}: not the kernels of AVX2 that newer processors share. Without a noise profile it is not paid.`;
  return warning(
    'engine',
    text,
    'Use a processor with AVX2; or have a profile measured with `assay calibrate` and put in force by a vote.',
  );
}

function ofGpu({ gpus }: WorkFacts, { upstreamUrl }: WorkAsked): Finding {
  if (gpus.length === 0) return ok('gpu', 'No graphics card was found, and none is needed: the CPU computes.');
  const found = gpus.join('; ');
  if (upstreamUrl !== null) return ok('gpu', `${found}. A server at ${upstreamUrl} computes.`);
  return ok('gpu', `${found}. The built-in engine computes on the CPU; a server serves with it: --upstream URL.`);
}

function ofFile(fileHash: NonNullable<WorkFacts['fileHash']>, { modelHashes }: WorkAsked): Finding {
  if (typeof fileHash !== 'string') {
    const text = `The model file was not compared: ${fileHash.problem}. Answers of another file fail audits.`;
    return warning('file', text, 'Compare its SHA-256 with the one that `assay list models` shows.');
  }
  const said = `${fileHash.slice(0, 12)}…`;
  if (modelHashes === null)
    return ok('file', `The model file has the SHA-256 ${said}; no network says what it asks for.`);
  if (modelHashes.includes(fileHash)) {
    return ok('file', `The model file is the registered one (SHA-256 ${said}): audits of honest answers pass.`);
  }
  const text = `The model file (SHA-256 ${said}) is not the registered one: its answers fail audits and cost stake.`;
  return failed('file', text, 'Fetch the right one with `assay models pull`, or name it with --model.');
}

function ofSpeed(speed: SpeedFacts, { deadlines }: WorkAsked): Finding {
  if ('problem' in speed) {
    const text = `The speed is not known: ${speed.problem}. What is late is given to another miner, and not paid.`;
    return warning('speed', text, 'Serve a smaller model, or compute on a graphics card with --upstream URL.');
  }
  const { readPerSecond, writtenPerSecond, firstMs } = speed;
  const tokenMs = 1000 / writtenPerSecond;
  const measured =
    `It reads ${readPerSecond.toFixed(0)} and writes ${writtenPerSecond.toFixed(1)} tokens a second, one answer at a ` +
    `time; the first came after ${(firstMs / 1000).toFixed(1)} s`;
  if (deadlines === null) return ok('speed', `${measured}. Faster answers score higher.`);
  const { firstTokenMs, generationPerTokenMs } = deadlines;
  const limits = `A network waits ${firstTokenMs / 1000} s for the first, ${generationPerTokenMs} ms for each`;
  if (firstMs < firstTokenMs && tokenMs < generationPerTokenMs) {
    return ok('speed', `${measured}. ${limits}: in time, and faster answers score higher.`);
  }
  const text = `${measured}. ${limits}: too slow, so tasks are taken from it and not paid.`;
  return warning('speed', text, 'Serve a smaller model, or compute on a graphics card with --upstream URL.');
}
