import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { dataFiles } from '../host/data-files.ts';
import { openKeystore } from '../keys/keystore.ts';
import { newDirectory } from '../store/directory.fixture.ts';
import { diagnoseFunds, diagnoseKeys, diagnoseReach, type FundsFacts } from './diagnose-node.ts';
import { lookAtKeys } from './look-node.ts';

const funds: FundsFacts = {
  name: 'miner',
  kind: 'miner',
  address: 'assay1x',
  isRegistered: true,
  balance: 2_000_000_000n,
  short: null,
};

describe('what a node has to be paid with §20.5', () => {
  it('is keys that its passphrase opens, and nobody else reads', async () => {
    const dir = await newDirectory();
    expect(diagnoseKeys(await lookAtKeys(dir, 'secret', false)).text).toContain('There are no keys yet');
    const path = join(dir, dataFiles.keys);
    await openKeystore(path, 'secret', [{ name: 'miner', bls: false }]);
    const keys = await lookAtKeys(dir, 'secret', false);
    expect(diagnoseKeys(keys)).toMatchObject({ result: 'ok', text: expect.stringContaining('1 keys (miner)') });
    expect(diagnoseKeys(keys && { ...keys, isUsual: true })).toMatchObject({ result: 'warning' });
    expect(diagnoseKeys(keys && { ...keys, hasOwnerKeys: true }).cure).toContain('Move owner-keys.json');
    const locked = diagnoseKeys(await lookAtKeys(dir, 'other', false));
    expect([locked.result, locked.cure]).toEqual(['failed', expect.stringContaining('ASSAY_PASSPHRASE')]);
    await chmod(path, 0o644);
    expect(diagnoseKeys(await lookAtKeys(dir, 'secret', false)).cure).toBe(`chmod 600 ${path}`);
  });

  it('is a deposit, and what it takes where there is none', () => {
    expect(diagnoseFunds(null, 5_000_000_000n)[0]).toMatchObject({
      result: 'ok',
      text: expect.stringContaining('asks for 5 units as a deposit'),
    });
    expect(diagnoseFunds([funds], null)[0]?.text).toBe('miner has its deposit, and 2 units besides: it can be paid.');
    const both = diagnoseFunds([funds, { ...funds, balance: 1n }], null);
    expect(both.map(({ text }) => text)).toEqual([
      '2 roles have their deposits, and at least 0.000000001 units each besides: they can be paid.',
    ]);
    const short = { code: 'collateralTooLow' as const, sentence: 'Its collateral is 1 units.', cure: 'Add to it.' };
    expect(diagnoseFunds([{ ...funds, short }], null)).toMatchObject([{ result: 'warning', cure: 'Add to it.' }]);
    const [poor] = diagnoseFunds([{ ...funds, isRegistered: false }], 5n);
    expect(poor?.text).toContain('is no registered miner: it is not paid. The network asks for 0.000000005 units');
    expect(poor?.cure).toContain('Send units to assay1x');
  });

  it('is a place where others dial it, for who must be dialled', () => {
    const at = (kind: string, listen: string[], announce: string[] = []) => diagnoseReach([{ kind, listen, announce }]);
    expect(at('miner', [])).toMatchObject([{ result: 'ok', text: expect.stringContaining('needs no open port') }]);
    expect(at('mixer', [])).toMatchObject([{ result: 'failed', cure: expect.stringContaining('--listen') }]);
    expect(at('mixer', ['/ip4/0.0.0.0/tcp/4020'])).toMatchObject([{ result: 'warning' }]);
    expect(at('gateway', ['/ip4/0.0.0.0/tcp/4020'], ['/ip4/203.0.113.7/tcp/4020'])).toMatchObject([{ result: 'ok' }]);
    expect(diagnoseReach([])).toEqual([]);
  });
});
