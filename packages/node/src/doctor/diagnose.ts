import { type Finding, failed, ok, warning } from './finding.ts';

/** What was seen of a machine that is to run a node. */
export interface MachineFacts {
  /** Of the Node that runs this, as `24.1.0`. */
  readonly nodeVersion: string;
  readonly dataDir: string;
  readonly freeDiskBytes: number;
  readonly freeMemoryBytes: number;
  /** What its roles serve or check with; null where they compute nothing. */
  readonly model: ModelFacts | null;
  /** Addresses it is to listen at that are taken by others. */
  readonly takenPorts: readonly string[];
  readonly peers: readonly PeerFacts[];
  /** Own time less that of the newest block anybody gave, milliseconds; null when nobody gave one. */
  readonly blockAgeMs: number | null;
  readonly blockTimeMs: number;
  /** Null where the node needs no CometBFT, else its path or what keeps it from having one. */
  readonly cometbft: { readonly path: string } | { readonly problem: string } | null;
  /** Where others' CometBFTs are, `ID@HOST:PORT`, as they say; null where nobody was asked. */
  readonly cometPeers: readonly string[] | null;
}

export interface ModelFacts {
  readonly name: string;
  /** Null when no catalogue says. */
  readonly license: string | null;
  readonly sizeBytes: number;
  readonly isHere: boolean;
  /** Where the file is, or will be; null where no file is known. */
  readonly path: string | null;
  /** Null, or why it cannot be had. */
  readonly problem: string | null;
}

export interface PeerFacts {
  readonly address: string;
  /** Until it answered; null when it did not. */
  readonly answerMs: number | null;
}

const leastNode = 24;
/** For the chain of some weeks, its snapshots and the log. */
const diskBytes = 1_000_000_000;
const tightDiskBytes = 5_000_000_000;
/** Of a node besides its model; what llama.cpp needs besides the file is a part of it. */
const memoryBytes = 400_000_000;
const modelOverhead = 1.3;
/** Blocks are stamped at most so far ahead of a clock that is right. */
const aheadMs = 2000;
/** A block may be so old when it arrives: its time, the seal, the way. */
const behindMs = 10_000;

const gigabytes = (bytes: number) => `${(bytes / 1e9).toFixed(1)} GB`;

/** What is well with a machine and what is not, each with its cure. */
export function diagnose(facts: MachineFacts): Finding[] {
  return [
    ofNode(facts),
    ofDisk(facts),
    ofMemory(facts),
    ...(facts.model === null ? [] : [ofModel(facts.model)]),
    ofPorts(facts),
    ...ofPeers(facts),
    ...(facts.blockAgeMs === null ? [] : [ofClock(facts.blockAgeMs, facts.blockTimeMs)]),
    ...(facts.cometbft === null ? [] : [ofComet(facts.cometbft)]),
    ...(facts.cometPeers === null ? [] : [ofCometPeers(facts.cometPeers)]),
  ];
}

function ofNode({ nodeVersion }: MachineFacts): Finding {
  if (Number.parseInt(nodeVersion, 10) >= leastNode) return ok('node', `Node.js ${nodeVersion}`);
  return failed('node', `Node.js ${nodeVersion} is too old.`, `Install Node.js ${leastNode} from https://nodejs.org.`);
}

function ofDisk({ freeDiskBytes, dataDir, model }: MachineFacts): Finding {
  const needed = diskBytes + (model === null || model.isHere ? 0 : model.sizeBytes);
  const text = `${gigabytes(freeDiskBytes)} free for ${dataDir}; ${gigabytes(needed)} are needed.`;
  const cure = 'Free some space, or choose a directory on another disk with --data and ASSAY_HOME.';
  if (freeDiskBytes < needed) return failed('disk', text, cure);
  return freeDiskBytes < tightDiskBytes ? warning('disk', `${text} A chain grows.`, cure) : ok('disk', text);
}

function ofMemory({ freeMemoryBytes, model }: MachineFacts): Finding {
  const needed = memoryBytes + (model === null ? 0 : model.sizeBytes * modelOverhead);
  const text = `${gigabytes(freeMemoryBytes)} of memory free; about ${gigabytes(needed)} are needed.`;
  if (freeMemoryBytes >= needed) return ok('memory', text);
  return failed('memory', text, 'End other programs, or serve a smaller model with --model.');
}

function ofModel({ name, license, isHere, problem }: ModelFacts): Finding {
  if (problem !== null) {
    const cure = 'Give a file with --model FILE, or an OpenAI-compatible server with --upstream URL.';
    return failed('model', problem, cure);
  }
  const terms = license === null ? 'no catalogue says under which licence; look before you serve it' : license;
  return ok('model', `${name} (${terms}); ${isHere ? 'it is here.' : 'it will be fetched.'}`);
}

function ofPorts({ takenPorts }: MachineFacts): Finding {
  if (takenPorts.length === 0) return ok('ports', 'Every port it listens at is free.');
  const text = `Another program listens at ${takenPorts.join(', ')}.`;
  return failed('ports', text, 'End that program, or change the port: --port, --listen, or config.json.');
}

function ofPeers({ peers }: MachineFacts): Finding[] {
  if (peers.length === 0) return [];
  const there = peers.filter(({ answerMs }) => answerMs !== null);
  const silent = peers.filter(({ answerMs }) => answerMs === null).map(({ address }) => address);
  const fastest = Math.min(...there.map(({ answerMs }) => answerMs ?? 0));
  const silence = silent.length === 0 ? '' : ` Silent: ${silent.join(', ')}.`;
  const text = `${there.length} of ${peers.length} peers answer, the first in ${fastest} ms.${silence}`;
  if (there.length === peers.length) return [ok('peers', text)];
  if (there.length > 0) {
    return [warning('peers', text, 'One peer is enough to begin. Ask the operator about the others.')];
  }
  const cure =
    'Look whether this machine is online and lets programs open connections to these ports; ' +
    'then ask the operator whether the network runs, or for a new invitation.';
  return [failed('peers', `No peer answers.${silence}`, cure)];
}

function ofClock(ageMs: number, blockTimeMs: number): Finding {
  const seconds = (Math.abs(ageMs) / 1000).toFixed(1);
  const cure = 'Set it by NTP: `timedatectl set-ntp true` on most systems.';
  if (ageMs < -aheadMs) return failed('clock', `The clock is ${seconds} s behind the newest block.`, cure);
  if (ageMs <= behindMs + 2 * blockTimeMs) return ok('clock', `The newest block is ${seconds} s old by this clock.`);
  const text = `The newest block is ${seconds} s old by this clock: the clock is ahead, or the network stands still.`;
  return warning('clock', text, cure);
}

function ofComet(found: NonNullable<MachineFacts['cometbft']>): Finding {
  return 'path' in found
    ? ok('cometbft', `CometBFT is at ${found.path}.`)
    : failed('cometbft', found.problem, 'A validator needs it; every other role does without.');
}

function ofCometPeers(peers: readonly string[]): Finding {
  if (peers.length > 0)
    return ok(
      'validators',
      `Blocks are made with those at ${peers.join(', ')}. It dials them: its own port may be closed.`,
    );
  const text = 'No peer says where its CometBFT is, so there is nobody to make blocks with.';
  const cure =
    'Where one node makes all blocks (`--engine embedded`) there is no place for a validator. ' +
    'Elsewhere ask the operator for an invitation that names validators, or give --comet-peer ID@HOST:PORT.';
  return failed('validators', text, cure);
}
