import type { BodyKind, BodyValues, Receipt } from '@assay/protocol';
import { disputed, measurersOf } from './challenges.fixture.ts';
import { consensusTerms, quickKeys } from './keys.fixture.ts';
import { modelTerms, noiseProfile } from './models.fixture.ts';
import { worldParams } from './params.fixture.ts';
import { mixerTerms, roleTerms, validatorTerms } from './roles.fixture.ts';
import { domainTerms, honest, type Sender, World } from './world.fixture.ts';

/** A transaction that is sound in the full world, by who may send it. */
export interface Sound<Kind extends BodyKind = BodyKind> {
  readonly sender: Sender;
  readonly kind: Kind;
  readonly body: (world: World) => BodyValues[Kind];
}
const sound = <Kind extends BodyKind>(
  sender: Sender,
  kind: Kind,
  body: (world: World) => BodyValues[Kind],
): Sound<Kind> => ({ sender, kind, body });

const reasonHash = new Uint8Array(32).fill(5);
const taskId = new Uint8Array(32);

/** One of every kind of transaction but batches; each names something the full world has. */
export const soundTransactions: readonly Sound[] = [
  sound('payer', 'transfer', (world) => ({ to: world.address('owner'), amountUnits: 5n })),
  sound('minerB', 'registerMiner', (world) => world.registration()),
  sound('payer', 'openSession', (world) => world.session()),
  sound('payer', 'topUpSession', () => ({ session: 0, amountUnits: 5n })),
  sound('payer', 'closeSession', () => ({ session: 0 })),
  sound('validator0', 'auditCommit', () => ({ items: [{ taskId, commitment: reasonHash }] })),
  sound('validator0', 'auditReveal', () => ({ items: [{ taskId, numbers: honest, nonce: reasonHash }] })),
  sound('payer', 'bond', () => ({ kind: 'miner', role: 0, amountUnits: 70n })),
  sound('owner', 'unbond', () => ({ kind: 'miner', role: 0, amountUnits: 5n })),
  sound('payer', 'delegate', () => ({ miner: 0, amountUnits: 90n })),
  sound('payer', 'undelegate', () => ({ miner: 0, amountUnits: 5n })),
  sound('payer', 'propose', () => ({
    action: { kind: 'upgrade', value: { rule: 2, height: 1_000_000 } },
  })),
  sound('payer', 'propose', () => ({ action: { kind: 'noiseProfile', value: noiseProfile } })),
  sound('payer', 'propose', () => ({
    action: { kind: 'modelDifficulty', value: { model: 0, difficultyPpm: 2_000_000 } },
  })),
  sound('payer', 'propose', (world) => ({
    action: { kind: 'treasurySpend', value: { to: world.address('payer'), amountUnits: 5n } },
  })),
  sound('payer', 'propose', () => ({
    action: { kind: 'ban', value: { kind: 'oracle', role: 1, isBanned: true } },
  })),
  sound('owner', 'vote', () => ({ proposal: 0, choice: 'yes' })),
  sound('oracle0', 'presence', (world) => ({
    kind: 'oracle',
    epochBeacon: world.state.globals.epochBeacon,
  })),
  sound('minerC', 'registerModel', () => modelTerms()),
  sound('validator0', 'acceptModel', () => ({ model: 2, accepts: true })),
  sound('creator', 'updateModelPrice', () => ({ model: 0, priceInUnits: 3n, priceOutUnits: 5n })),
  sound('creator', 'transferModelShares', (world) => ({ model: 0, to: world.address('owner'), shares: 5 })),
  sound('creator', 'offerShares', () => ({ model: 0, shares: 40, priceUnits: 3n })),
  sound('payer', 'buyShares', (world) => ({
    ...{ model: 0, seller: world.address('creator'), shares: 4, maxPriceUnits: 7n },
  })),
  sound('owner', 'backModel', () => ({ model: 0, amountUnits: 90n })),
  sound('owner', 'withdrawBacking', () => ({ model: 0, amountUnits: 5n })),
  sound('minerA', 'assignWork', () => ({ miner: 0, validator: 0 })),
  sound('payer', 'feedback', (world) => ({ taskId: world.state.tasks.at(0).taskId, rating: 5 })),
  sound('payer', 'decideCase', () => ({ case: 0, isFine: false })),
  sound('owner', 'appealCase', () => ({ case: 0 })),
  sound('payer', 'createDomain', (world) => ({ name: 'third', terms: domainTerms(world.genesis) })),
  sound('landlord', 'updateDomain', (world) => ({ domain: 0, terms: domainTerms(world.genesis) })),
  sound('landlord', 'admitMiner', (world) => ({ domain: 0, operator: world.address('minerB'), isAdmitted: true })),
  sound('payer', 'evidence', (world) => {
    const [first, second] = [world.batch({ mixer: 1 }), world.batch({ mixer: 1, receipts: [world.receipt()] })];
    const value = { mixer: 1, first: first.certificate, second: second.certificate };
    return { offence: { kind: 'equivocation', value } };
  }),
  sound('payer', 'openCase', () => ({ kind: 'miner', role: 0, amountUnits: 6n, reasonHash })),
  sound('otherPayer', 'registerMixer', (world) => mixerTerms(world)),
  sound('otherPayer', 'registerRole', (world) => roleTerms(world, 'oracle')),
  sound('payer', 'registerValidator', (world) => validatorTerms(world, { name: 'stranger8' })),
  sound('validator0', 'rotateConsensusKey', (world) => {
    const terms = consensusTerms(world.key('stranger4'), world.address('validator0'));
    return { validator: 0, ...terms };
  }),
  sound('mixer1', 'setNetAddresses', () => ({ kind: 'mixer', role: 1, netAddresses: ['/dns4/a.example/tcp/4001'] })),
  sound('validator0', 'nameEngine', () => ({ validator: 0, engine: new Uint8Array(32).fill(9) })),
  sound('owner', 'setRoleStatus', () => ({ kind: 'miner', role: 0, status: 'paused' })),
  sound('owner', 'rotateKey', (world) => ({
    kind: 'miner',
    role: 0,
    publicKey: world.key('stranger4').publicKey,
  })),
  sound('mixer1', 'rotateCommitteeKey', (world) => {
    const { publicKey: blsPublicKey, possession } = world.committeeKey('stranger4');
    return { mixer: 1, blsPublicKey, possession };
  }),
  sound('owner', 'updateMiner', (world) => {
    const { models, contextTokens, concurrency, evidenceLevel, engine, hardware, split } = world.registration();
    return { miner: 0, models, contextTokens, concurrency, evidenceLevel, engine, hardware, split };
  }),
];

/** Those that the full world was made with, in this order. */
export const filling: readonly BodyKind[] = [
  ...(['bond', 'delegate', 'undelegate', 'offerShares', 'backModel', 'registerModel', 'propose', 'vote'] as const),
  ...(['openCase', 'feedback', 'rotateKey', 'rotateCommitteeKey', 'rotateConsensusKey', 'setNetAddresses'] as const),
  ...(['nameEngine', 'updateMiner'] as const),
];

/** Answers a task that an auditor approves. */
function answer(world: World): void {
  const { taskId } = certified(world);
  world.audit(taskId, new Map(world.auditorsOf(taskId).map((auditor) => [auditor, honest])));
}

function certified(world: World): Receipt {
  const receipt = world.receipt();
  world.certify(receipt);
  return receipt;
}

/** A world with a row in every table, in the middle of an epoch and of a reward period. */
export function fullWorld(): World {
  const world = new World({
    audit: { newMinerTasks: 100 },
    edit: (genesis) => ({ ...genesis, profiles: [noiseProfile] }),
    params: {
      rewards: { ...worldParams.rewards, period: 1, dayMs: 80_000 },
      cases: { ...worldParams.cases, foundation: [quickKeys.account('payer').address] },
      background: { maxTokensPerEpoch: 1000 },
      weak: { belowPpb: 900_000_000, reduceAfter: 1, factorPpb: 500_000_000, removeAfter: 0 },
    },
  }).populate();
  const gift = (to: Sender) => world.tx('payer', 'transfer', { to: world.address(to), amountUnits: 5000n });
  world.block(...(['mixer1', 'validator0', 'oracle0'] as const).map(gift));
  const earlier = consensusTerms(world.key('stranger5'), world.address('validator0'));
  world.block(world.tx('validator0', 'rotateConsensusKey', { validator: 0, ...earlier }));
  answer(world);
  world.finishEpoch();
  answer(world);
  const open = certified(world);
  const transitions = [world.transition(open)];
  world.block(world.batchTx({ records: { transitions } }));
  const reports = measurersOf(world, 0, { disputed: [disputed()] }).map((mixer) => {
    const challenge = disputed({ knownTaskId: open.taskId });
    return world.batchTx({ mixer, records: { reports: [world.report(mixer, { miner: 0, disputed: [challenge] })] } });
  });
  if (reports.length === 0) throw new Error('no mixer owes a challenge');
  world.block(...reports);
  const chosen = filling.flatMap((kind) => soundTransactions.filter((one) => one.kind === kind));
  const { transactions } = world.block(...chosen.map(({ sender, kind, body }) => world.tx(sender, kind, body(world))));
  const refused = transactions.find(({ code }) => code !== 'OK');
  if (refused !== undefined) throw new Error(`${refused.kind}: ${refused.code}`);
  for (let block = 0; block < 2; block++) world.block(world.batchTx());
  return world;
}
