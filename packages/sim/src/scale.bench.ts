import { useNativeHasher } from '@assay/node/crypto/hasher';
import { BlsSigner, Ed25519Signer, generateBlsSecret } from '@assay/node/crypto/signers';
import { aggregateBls, nativeVerifier } from '@assay/node/crypto/verifier';
import { SignedAnnouncement } from '@assay/protocol';
import { Announcements } from '@assay/roles/mixer/announcements';
import { littleEndian, sha256 } from '@assay/ssz';
import type { Bench, Row } from '../../../bench/bench.ts';
import { busy, type Costs, carried, mostTasksPerS, type Scale } from './scale.ts';
import { type Steady, steady } from './steady.ts';

const miners = Number(process.env.ASSAY_SCALE_MINERS ?? 1000);
const points = (process.env.ASSAY_SCALE_MIXERS ?? '16,48,100').split(',').map(Number);
const measuredMs = 1000 * Number(process.env.ASSAY_SCALE_S ?? 8);
const warmUpMs = 4000;
const minersPerUser = 4;
/** Committees whose limits are computed; the last is the largest there may be (§7.1). */
const sizes = [4, 7, 16, 32, 48, 64, 100, 128];
/** One receipt, applied with its part of certificate and root: `npm run bench -- receipts`. */
const applyMs = 1000 / 48_962;
const rounds = 300;

/** Milliseconds of a core that one of so many calls takes. */
function msOf(work: (round: number) => unknown): number {
  for (let round = 0; round < rounds; round++) work(round);
  const before = process.cpuUsage();
  for (let round = 0; round < rounds; round++) work(round);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000 / rounds;
}

/** What the model takes, measured on one core of this machine. */
function costsOf(signers: number): Costs {
  const message = sha256(littleEndian(1, 4));
  const keys = Array.from({ length: signers }, (_, i) => new BlsSigner(generateBlsSecret(sha256(littleEndian(i, 4)))));
  const signatures = keys.map((key) => key.sign(message));
  const publicKeys = keys.map((key) => key.publicKey);
  const all = aggregateBls(signatures) ?? new Uint8Array(96);
  const [signer, one] = [keys[0], signatures[0]];
  if (signer === undefined || one === undefined) throw new Error('there are no signers');
  const account = new Ed25519Signer(sha256(message));
  const signed = account.sign(message);
  const blsVerifyMs = msOf(() => nativeVerifier.bls([signer.publicKey], message, one));
  const ed25519Ms = msOf(() => nativeVerifier.ed25519(account.publicKey, message, signed));
  const announcements = new Announcements();
  announcements.hearOnly([0]);
  const bytes = SignedAnnouncement.serialize(SignedAnnouncement.defaultValue());
  const hearing = { nowMs: 0, height: 0, deadlines: deadlines(), present: new Set<number>() };
  return {
    // Its ticket, the session's signature and the miner's.
    receiptMs: blsVerifyMs + 2 * ed25519Ms,
    blsSignMs: msOf((round) => signer.sign(sha256(littleEndian(round, 4)))),
    blsVerifyMs,
    certificateMs: blsVerifyMs + msOf(() => nativeVerifier.bls(publicKeys, message, all)),
    announcementMs: msOf(() => announcements.record(SignedAnnouncement.deserialize(bytes), hearing)),
    applyMs,
  };
}

const deadlines = () => ({
  prepareMs: 1,
  firstTokenMs: 1,
  generationMs: 1,
  generationPerTokenMs: 1,
  stallMs: 1,
  commitMs: 1,
  lostMs: 1,
  oracleSlotMs: 1,
});

/** What a simulated network did beside what the model says. */
function compared({ scale, load, seconds, certified, refused, tookS }: Steady): Row[] {
  const model = carried(scale);
  const name = `${scale.mixers} mixers`;
  const sum = (names: readonly string[], what: 'messages' | 'bytes') =>
    names.reduce((total, each) => total + (load.sent.get(each)?.[what] ?? 0), 0) / seconds;
  const { p50, p99 } = load.certificateMs;
  const codes = [...refused].map(([code, count]) => `, ${count} × ${code}`).join('');
  const took = `${certified} tasks in ${seconds} s, simulated in ${tookS.toFixed(0)} s${codes}`;
  const row = (what: string, value: number, predicted: number): Row => ({
    who: `${name}: ${what}`,
    value,
    note: `the model says ${Math.round(predicted).toLocaleString('en')}`,
  });
  const certificates = (load.onChain.get('certifiedBatch')?.messages ?? 0) / seconds;
  const chain = (load.onChain.get('certifiedBatch')?.bytes ?? 0) / seconds;
  const { announcements, presences, batches } = model;
  return [
    { who: `${name}: certificate after, ms`, value: p50, note: `p99 ${p99} ms; ${took}` },
    row('announcements /s', sum(['assay/tasks/1'], 'messages'), announcements.messagesPerS),
    row('presences /s', sum(['assay/presence/1'], 'messages'), presences.messagesPerS),
    row('offers and answers /s', sum(['/assay/batch/1'], 'messages'), batches.messagesPerS),
    row(
      'all three, B/s',
      sum(['assay/tasks/1', 'assay/presence/1', '/assay/batch/1'], 'bytes'),
      announcements.bytesPerS + presences.bytesPerS + batches.bytesPerS,
    ),
    row('certificates /s', certificates, model.certificatesPerS),
    row('chain, B/s', chain, model.chainBytesPerS),
  ];
}

/** How far a committee of each size goes, with one core for each mixer, half of it busy. */
function limitsOf(scale: Scale): Row[] {
  const rows: Row[] = [];
  const costs = costsOf(sizes.at(-1) ?? 1);
  for (const mixers of sizes) {
    const tasksPerS = mostTasksPerS({ ...scale, mixers }, costs, 0.5);
    const at = { ...scale, mixers, tasksPerS };
    const { follower } = busy(at, costs);
    const { certificatesPerS } = carried(at);
    const load = `${certificatesPerS.toFixed(0)} certificates/s, a follower ${(100 * follower).toFixed(0)} % of a core`;
    const note = `tasks/s with half a core; ${load}`;
    rows.push({ who: `${mixers} mixers: the most`, value: tasksPerS, note });
  }
  const units = Object.entries(costs).map(([name, ms]) => ({ who: name, value: ms, note: 'ms of one core' }));
  return [...rows, ...units];
}

export const bench: Bench = {
  id: 19,
  title: `A network of ${miners} miners in simulated time beside the model of docs/scale.md`,
  unit: '',
  target: 'within a fifth of the model',
  compared: false,
  async run(say) {
    useNativeHasher();
    const rows: Row[] = [];
    for (const mixers of points) {
      say(`${mixers} mixers`);
      const users = Math.ceil(miners / minersPerUser);
      const found = await steady({ seed: 7, miners, mixers, users, warmUpMs, measuredMs });
      rows.push(...compared(found));
      if (mixers === points.at(-1)) rows.push(...limitsOf(found.scale));
    }
    return rows;
  },
};
