import { World } from '@assay/ledger/fixture';
import { Params } from '@assay/protocol';
import { describe, expect, it } from 'vitest';
import { devnetParams } from '../devnet/genesis.ts';
import { defaultPreset, presetNames, presetParams } from './presets.ts';

const published = ['competition', 'model-mining', 'performance', 'useful-work', 'work-units'];

describe('presets', () => {
  it('are the default network and five published ones', () => {
    expect(presetNames).toEqual([defaultPreset, ...published]);
  });

  it.each(presetNames)('%s can begin a network', (name) => {
    const params = presetParams(name, devnetParams);
    expect(new World({ params }).state.params.components).toEqual(params.components);
  });

  it('differ from each other, and the default from nothing', () => {
    expect(presetParams(defaultPreset, devnetParams)).toEqual(devnetParams);
    const roots = presetNames.map((name) => Buffer.from(Params.hashTreeRoot(presetParams(name, devnetParams))));
    expect(new Set(roots.map((root) => root.toString('hex'))).size).toBe(presetNames.length);
  });

  it('keep the wash guard where what they follow pays for work by its amount', () => {
    const guarded = presetNames.filter((name) => presetParams(name, devnetParams).wash.mintOfBurnBps > 0);
    expect(guarded).toEqual([defaultPreset, 'model-mining', 'work-units']);
  });

  it('change what they name and leave the rest', () => {
    const { components, wash, ...rest } = presetParams('model-mining', devnetParams);
    const { powerWorkPpb, stacks } = devnetParams;
    const named = { components: devnetParams.components, wash: devnetParams.wash, powerWorkPpb, stacks };
    expect({ ...rest, ...named }).toEqual(devnetParams);
    expect(wash).toEqual({ mintOfBurnBps: 9000, bootstrapPeriods: 0 });
    expect(components).toMatchObject({ vwuBps: 10_000, stakeBps: 0 });
  });

  it('leave a case to people alone where the published network does, and nowhere else (B9)', () => {
    const manual = presetNames.filter((name) => !presetParams(name, devnetParams).cases.automaticDecision);
    expect(manual).toEqual(['work-units']);
  });
});
