import type { LedgerEvent, ModelRow, Ref } from '@assay/protocol';
import { encodeText, sha256 } from '@assay/ssz';
import type { LedgerState, LedgerView } from '../state/state.ts';
import { impartialWeights } from './impartial.ts';
import { missTurn } from './presence.ts';
import { WeightedRow } from './weighted.ts';

const PANEL = encodeText('panel');

/** The models whose panel a validator is on without having voted yet (§4.5). */
export function panelDuties(state: LedgerView, validator: Ref<'validators'>): Ref<'models'>[] {
  return state.proposedModels.filter((model) =>
    state.models.at(model).panel.some((seat) => seat.validator === validator && seat.vote === 'open'),
  );
}

/** What a block does to proposed models once its transactions are applied: panels, decisions, missed votes (§4.5). */
export function advanceModels(state: LedgerState, height: number): LedgerEvent[] {
  const events = state.proposedModels.flatMap((index) => advanceModel(state, index, height));
  state.proposedModels = state.proposedModels.filter((index) => state.models.at(index).status === 'proposed');
  return events;
}

function advanceModel(state: LedgerState, index: Ref<'models'>, height: number): LedgerEvent[] {
  const model = state.models.at(index);
  if (model.panel.length === 0) return isDrawDue(state, model, height) ? drawPanel(state, index, height) : [];
  const decided = decide(state, index);
  if (decided.length > 0 || height < model.voteDeadline) return decided;
  // §4.5 Silence decides nothing: who missed the vote gets a strike, and others are drawn.
  for (const { validator, vote } of model.panel) {
    if (vote !== 'open') continue;
    missTurn(state, validator);
  }
  const proposedReveals = state.globals.reveals;
  state.models.update(index, { panel: [], voteDeadline: 0, proposedHeight: height, proposedReveals });
  return [];
}

/** §4.5 As with audits (§9.1): nobody knew the beacon of the draw when the model was registered. */
function isDrawDue({ params, globals }: LedgerState, model: Readonly<ModelRow>, height: number): boolean {
  const { drawDelayBlocks } = params.audit;
  return height >= model.proposedHeight + drawDelayBlocks && globals.reveals >= model.proposedReveals + drawDelayBlocks;
}

function drawPanel(state: LedgerState, index: Ref<'models'>, height: number): LedgerEvent[] {
  const { name, creator } = state.models.at(index);
  const { panelSeats, voteBlocks } = state.params.models;
  const seed = sha256(state.globals.beacon, encodeText(name), PANEL);
  const validators = new WeightedRow(impartialWeights(state, [creator], []))
    .sample(seed, panelSeats)
    .map((one) => one.index);
  if (validators.length === 0) return [];
  const panel = validators.map((validator) => ({ validator, vote: 'open' as const }));
  state.models.update(index, { panel, voteDeadline: height + voteBlocks });
  return [{ type: 'panelDrawn', model: index, validators }];
}

/** §4.5 ⌈2/3⌉ of the seats accept a model; it is refused once so many cannot be reached any more. */
function decide(state: LedgerState, index: Ref<'models'>): LedgerEvent[] {
  const { panel } = state.models.at(index);
  const seats = panel.length;
  const accepts = panel.filter(({ vote }) => vote === 'accepts').length;
  const refuses = panel.filter(({ vote }) => vote === 'refuses').length;
  const accepted = 3 * accepts >= 2 * seats;
  if (!accepted && 3 * (seats - refuses) >= 2 * seats) return [];
  const status = accepted ? 'accepted' : 'refused';
  state.models.update(index, { status, panel: [], voteDeadline: 0 });
  return [{ type: 'modelDecided', model: index, accepted, seats, accepts, refuses }];
}
