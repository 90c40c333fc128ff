import type { ChallengeReport, DisputedChallenge } from '@assay/protocol';
import { littleEndian, sha256 } from '@assay/ssz';
import { measuringOf } from '../audit/challenges.ts';
import { committeeOf } from '../draw/committee.ts';
import type { World } from './world.fixture.ts';

/** The mixers whose reveals let them report this of a miner in this epoch (§8.1). */
export function measurersOf(world: World, miner = 0, found: Partial<ChallengeReport> = {}): number[] {
  const { state } = world;
  const { hashRate = 0n, bandwidth = 0n, latencyMs = 0, disputed: challenges = [] } = found;
  const isByChallenges = hashRate > 0n || challenges.length > 0;
  const isOnLine = bandwidth > 0n || latencyMs > 0;
  return committeeOf(state, state.globals.epoch).flatMap(({ mixer }) => {
    const { reveal } = world.report(mixer, { miner });
    const { owed, isOfLine } = measuringOf(state, { mixer, reveal }, miner);
    const isDrawn = (owed > 0 || isOfLine) && (owed > 0 || !isByChallenges) && (isOfLine || !isOnLine);
    return isDrawn && challenges.length <= owed ? [mixer] : [];
  });
}

let disputes = 0;

/** A challenge that a mixer disputes, as an honest one would report it. */
export function disputed(change: Partial<DisputedChallenge> = {}): DisputedChallenge {
  const taskId = sha256(littleEndian(disputes++, 8));
  const knownTaskId = sha256(taskId);
  const roots = { requestHash: sha256(knownTaskId, taskId), artifactRoot: sha256(knownTaskId) };
  return { taskId, knownTaskId, model: 0, tokensIn: 10, tokensOut: 20, ...roots, ...change };
}

/** Certifies a mixer's report on miner 0, and turns the beacon until the audits of what it disputes are drawn. */
export function reportDisputes(world: World, mixer: number, ...challenges: readonly DisputedChallenge[]): string {
  const report: ChallengeReport = world.report(mixer, { miner: 0, disputed: [...challenges] });
  const code = world.codeOf(world.batchTx({ mixer, records: { reports: [report] } }));
  for (let i = 0; i < world.state.params.audit.drawDelayBlocks; i++) world.block(world.batchTx({ mixer }));
  return code;
}

/** Reports on miner 0 by the first mixer drawn for it. */
export function measured(world: World) {
  const [mixer = 0] = measurersOf(world, 0, { disputed: [disputed()] });
  return {
    report: (...challenges: DisputedChallenge[]) => world.report(mixer, { miner: 0, disputed: challenges }),
    batch: (reports: ChallengeReport[]) => world.codeOf(world.batchTx({ mixer, records: { reports } })),
  };
}
