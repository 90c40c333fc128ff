import type { Miner } from '@assay/client';
import { rowJson } from '@assay/explain/json';
import { Components, DatedTerms, DomainRow, MinerRow, noValidator } from '@assay/protocol';
import { expect, it } from 'vitest';
import { rowLines, rowsTable } from './rows.ts';

const around = { names: {}, epoch: 5 };
const terms = { ...DatedTerms.defaultValue(), burnBps: 500, components: [Components.defaultValue()] };
const domain = rowJson.domain(0, {
  ...DomainRow.defaultValue(),
  name: 'one',
  terms: [terms, { ...terms, fromEpoch: 9, burnBps: 700 }],
});

it('shows the terms of a domain that hold, and those to come as announced (§4.9)', () => {
  const line = rowsTable('domains', [domain], around).join('\n');
  expect(line).toMatch(/\n +0 +one +5 % .* from epoch 9\n/);
  const shown = rowLines(domain, around).join('\n');
  expect(shown).toMatch(/terms in force burn +5 %/);
  expect(shown).toMatch(/terms announced fromEpoch +9/);
  expect(shown).toMatch(/terms announced burn +7 %/);
  expect(rowsTable('domains', [domain], { ...around, epoch: 9 }).join('\n')).toMatch(/\n +0 +one +7 % .* –\n/);
});

it('says none of what refers to nothing, and fractions of what is counted in parts', () => {
  const row = { ...MinerRow.defaultValue(), validator: noValidator, passedMicro: 999_613, cusumMilli: 1500 };
  const miner: Miner = rowJson.miner(0, row, undefined);
  const shown = rowLines(miner, around).join('\n');
  expect(shown).toMatch(/\nvalidator +none\n/);
  expect(shown).toMatch(/\npassed +0\.999613\n/);
  expect(shown).toMatch(/\ncusum +1\.5\n/);
  for (const line of rowsTable('miners', [miner], around)) expect(line.length).toBeLessThanOrEqual(120);
});
