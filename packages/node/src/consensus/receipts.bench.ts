import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type BlockInput, Ledger } from '@assay/ledger';
import { limits, MinerRow, type Receipt, State } from '@assay/protocol';
import { encodeText, sha256, toHex } from '@assay/ssz';
import { type Bench, secondsOf } from '../../../../bench/bench.ts';
import { type Postgres, postgresRow } from '../../../../bench/postgres.ts';
import { useNativeHasher } from '../crypto/hasher.ts';
import { nativeVerifier } from '../crypto/verifier.ts';
import { batchTransaction, mixerNames, oneEpoch, receiptOf } from './batches.fixture.ts';

const contestants = 100_000;
const warmUpBlocks = 4;
const measuredBlocks = 12;
const escrowUnits = 1_000_000_000_000n;

/** A miner that has proven itself for long; most of what it did is zero in this epoch. */
function provenMiner(operator: Uint8Array): MinerRow {
  return {
    ...MinerRow.defaultValue(),
    operator,
    owner: operator,
    publicKey: sha256(operator),
    models: [0],
    contextTokens: 2048,
    concurrency: 4,
    evidenceLevel: 2,
    collateralUnits: 1n,
    status: 'active',
    validator: 0xffff_ffff,
    weight: 1n,
    trustPpb: 990_000_000,
    engine: sha256(operator),
    earlierEngine: sha256(operator),
    earlierEvidenceLevel: 2,
    split: { operatorBps: 10_000, ownerBps: 0, stakersBps: 0 },
    passedMicro: 1_000_000_000,
    level: 10,
    tasks: 1000,
    audited: 1000,
    availabilityPpb: 1_000_000_000,
  };
}

/** A ledger with a hundred thousand proven miners and as many funded sessions. */
function grown(): Ledger {
  const state = State.deserialize(Ledger.fromGenesis(oneEpoch({ miners: 0 })).snapshot());
  for (let i = 0; i < contestants; i++) {
    const operator = sha256(encodeText(`miner ${i}`)).subarray(0, 20);
    state.miners.push(provenMiner(operator));
    state.sessions.push({
      payer: operator,
      sessionKey: sha256(operator),
      domain: 0,
      model: 0,
      homeMixer: i % mixerNames.length,
      status: 'open',
      escrowUnits,
      spentUnits: 0n,
      maxTaskUnits: escrowUnits,
      expiryHeight: 1_000_000,
      redundancy: 1,
      isBackground: false,
      sharesPrompts: false,
      dedicatedMiners: [],
    });
  }
  state.globals.genesisUnits += BigInt(contestants) * (escrowUnits + 1n);
  return Ledger.fromSnapshot(State.serialize(state));
}

function receiptAt(ledger: Ledger, index: number, drawHeight: number): Receipt {
  const session = (index * 7919) % contestants;
  const miner = (index * 104_729) % contestants;
  return receiptOf(ledger.state, { request: `request ${index}`, session, miner, drawHeight });
}

interface Work {
  readonly block: BlockInput;
  readonly receipts: readonly Receipt[];
}

/** Blocks of one full batch of each mixer, everything signed beforehand. */
function workFor(ledger: Ledger): Work[] {
  const perBlock = mixerNames.length * limits.maxBatchReceipts;
  return Array.from({ length: warmUpBlocks + measuredBlocks }, (_, b) => {
    const all = Array.from({ length: perBlock }, (_each, i) => receiptAt(ledger, b * perBlock + i, b));
    const transactions = mixerNames.map((_name, mixer) => {
      const receipts = all.slice(mixer * limits.maxBatchReceipts, (mixer + 1) * limits.maxBatchReceipts);
      return batchTransaction(ledger.state.chain, mixer, { sequence: b, receipts });
    });
    const timeMs = 1_700_000_000_000 + (b + 1) * 500;
    return { block: { height: b + 1, timeMs, transactions }, receipts: all };
  });
}

/** Receipts per second over the measured blocks, after the others have warmed everything up. */
async function rate(work: readonly Work[], apply: (each: Work) => Promise<void> | void): Promise<number> {
  for (const each of work.slice(0, warmUpBlocks)) await apply(each);
  const measured = work.slice(warmUpBlocks);
  const seconds = await secondsOf(async () => {
    for (const each of measured) await apply(each);
  });
  return measured.reduce((sum, { receipts }) => sum + receipts.length, 0) / seconds;
}

function assay(ledger: Ledger, work: readonly Work[]): Promise<number> {
  return rate(work, ({ block }) => {
    const { transactions } = ledger.applyBlock(block, nativeVerifier);
    const refused = transactions.find(({ code }) => code !== 'OK');
    if (refused !== undefined) throw new Error(`a batch was refused: ${refused.code}`);
  });
}

const tables = `
  CREATE TABLE miners (id INTEGER PRIMARY KEY, tasks BIGINT NOT NULL);
  CREATE TABLE sessions (id INTEGER PRIMARY KEY, escrow BIGINT NOT NULL, spent BIGINT NOT NULL);`;

async function sqlite(work: readonly Work[]): Promise<number> {
  const dir = mkdtempSync(join(tmpdir(), 'assay-bench-sqlite-'));
  const database = new DatabaseSync(join(dir, 'ledger.db'));
  database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -262144; ${tables}
    CREATE TABLE tasks (id BLOB PRIMARY KEY, session INTEGER, miner INTEGER, price INTEGER, status INTEGER)
    WITHOUT ROWID`);
  const all = `WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < ${contestants - 1})`;
  database.exec(`INSERT INTO miners ${all} SELECT i, 1000 FROM n`);
  database.exec(`INSERT INTO sessions ${all} SELECT i, ${escrowUnits}, 0 FROM n`);
  const pay = database.prepare(
    'UPDATE sessions SET escrow = escrow - ?1, spent = spent + ?1 WHERE id = ?2 AND escrow >= ?1',
  );
  const count = database.prepare('UPDATE miners SET tasks = tasks + 1 WHERE id = ?');
  const add = database.prepare('INSERT INTO tasks VALUES (?, ?, ?, ?, 0)');
  const result = await rate(work, ({ receipts }) => {
    database.exec('BEGIN');
    for (const { taskId, session, miner, priceUnits } of receipts) {
      if (pay.run(priceUnits, session).changes !== 1) throw new Error('overdrawn');
      count.run(miner);
      add.run(taskId, session, miner, priceUnits);
    }
    database.exec('COMMIT');
  });
  database.close();
  rmSync(dir, { recursive: true });
  return result;
}

async function postgres(server: Postgres, work: readonly Work[]): Promise<number> {
  await server.run(`${tables}
    CREATE TABLE tasks (id BYTEA PRIMARY KEY, session INTEGER, miner INTEGER, price BIGINT, status SMALLINT);
    CREATE TEMP TABLE incoming (id BYTEA, session INTEGER, miner INTEGER, price BIGINT);
    ALTER TABLE sessions ADD CHECK (escrow >= 0);
    INSERT INTO miners SELECT i, 1000 FROM generate_series(0, ${contestants - 1}) i;
    INSERT INTO sessions SELECT i, ${escrowUnits}, 0 FROM generate_series(0, ${contestants - 1}) i;
    ANALYZE;`);
  return rate(work, ({ receipts }) => {
    const rows = receipts.map(({ taskId, session, miner, priceUnits }) =>
      [`\\\\x${toHex(taskId)}`, session, miner, priceUnits].join('\t'),
    );
    return server.run(`BEGIN; COPY incoming FROM STDIN;\n${rows.join('\n')}\n\\.
      UPDATE sessions s SET escrow = escrow - p.price, spent = spent + p.price
        FROM (SELECT session, sum(price) AS price FROM incoming GROUP BY session) p WHERE s.id = p.session;
      UPDATE miners m SET tasks = m.tasks + c.done
        FROM (SELECT miner, count(*) AS done FROM incoming GROUP BY miner) c WHERE m.id = c.miner;
      INSERT INTO tasks SELECT id, session, miner, price, 0 FROM incoming;
      TRUNCATE incoming; COMMIT;`);
  });
}

export const bench: Bench = {
  id: 1,
  title: 'Certified receipts applied, state root each block; 100,000 miners, 100,000 sessions',
  unit: 'receipts/s',
  target: '100,000/s on one core, 10 × SQLite',
  compared: true,
  async run(say) {
    useNativeHasher();
    say('growing the ledger');
    const ledger = grown();
    say('signing the blocks');
    const work = workFor(ledger);
    say('Assay');
    const ours = await assay(ledger, work);
    say('SQLite');
    const theirs = await sqlite(work);
    say('PostgreSQL');
    return [
      { who: 'Assay ledger', value: ours, note: 'certificate, every rule, root' },
      {
        who: 'SQLite, WAL',
        value: theirs,
        note: 'prepared statements, one transaction a block; no certificate, no root',
      },
      await postgresRow('one COPY and set statements a block; no certificate, no root', (server) =>
        postgres(server, work),
      ),
    ];
  },
};
