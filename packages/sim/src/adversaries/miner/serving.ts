import type { Attack, Member } from '@assay/node/host/build-roles';
import type { InferencePayload } from '@assay/protocol';
import { OutputText } from '@assay/roles/inference/output-text';
import { modelWorker, type Worker } from '@assay/roles/miner/index';
import type { GeneratedToken, InferenceModel } from '@assay/roles/ports/inference';

/** What a miner answers with. */
export type Answering = Worker['generate'];
/** Events of an answer. */
export type Events = ReturnType<Answering>;

/** A worker whose answers can be checked again. */
export interface HonestWorker extends Worker {
  readonly model: InferenceModel;
}

/** A miner that is honest but for its answers. */
export function answering(answerOf: (honest: HonestWorker, member: Member) => Answering): Attack {
  return (member) => {
    const { serving } = member.equipment;
    const workerOf = (index: number): Worker => {
      const honest = serving.workerOf(index);
      const { model, engine, contextTokens } = honest;
      if (model === null) return honest;
      // It does not look at its own answers as an auditor would.
      return { engine, contextTokens, model: null, generate: answerOf({ ...honest, model }, member) };
    };
    return member.make({ ...member.equipment, serving: { ...serving, workerOf } });
  };
}

/** What is said about tokens: in which prompt's name, and how it ended. */
interface Said {
  readonly promptIds: readonly number[];
  readonly tokens: readonly GeneratedToken[];
  readonly finish: 'stop' | 'length';
}

/** Gives tokens as if a model had just generated them for a payload. */
export async function* said(model: InferenceModel, payload: InferencePayload, answer: Said): Events {
  const tokens = answer.tokens.slice(0, payload.maxTokens);
  yield { type: 'begin', promptIds: answer.promptIds };
  const pieces = await model.textPieces(tokens.map(({ id }) => id));
  const output = new OutputText(payload.stop);
  for (const [i, token] of tokens.entries()) {
    yield { type: 'tokens', tokens: [token], text: output.push(pieces[i] ?? new Uint8Array(0)) };
    if (output.isOver) break;
  }
  const text = output.end(pieces.at(-1) ?? new Uint8Array(0));
  const isFull = tokens.length === payload.maxTokens || output.isOver;
  const finish = output.stopped ? 'stop' : isFull ? 'length' : answer.finish;
  yield { type: 'end', finish, text, tokensIn: 0, tokensOut: 0 };
}

/** All that a worker gives, before anybody hears of it. */
export async function whole(events: Events): Promise<Said> {
  const tokens: GeneratedToken[] = [];
  let promptIds: readonly number[] = [];
  let finish: Said['finish'] = 'length';
  for await (const event of events) {
    if (event.type === 'begin') promptIds = event.promptIds;
    else if (event.type === 'tokens') tokens.push(...event.tokens);
    else finish = event.finish;
  }
  return { promptIds, tokens, finish };
}

/** Answers to other prompt ids than the conversation gives, and says those of the conversation. */
export function fromIds(
  { model, engine }: HonestWorker,
  idsOf: (promptIds: readonly number[], payload: InferencePayload) => Promise<readonly number[]>,
): Answering {
  return async function* (payload, bounds, signal) {
    const promptIds = await model.render(payload.messages);
    const read = await idsOf(promptIds, payload);
    const other = modelWorker({ ...methodsOf(model), render: async () => [...read] }, engine);
    for await (const event of other.generate(payload, bounds, signal)) {
      yield event.type === 'begin' ? { ...event, promptIds } : event;
    }
  };
}

/** A model as an object of its own, some of which may be replaced. */
function methodsOf(model: InferenceModel): InferenceModel {
  return {
    contextTokens: model.contextTokens,
    vocabularySize: model.vocabularySize,
    render: (messages) => model.render(messages),
    textPieces: (ids) => model.textPieces(ids),
    generate: (request, signal) => model.generate(request, signal),
    score: (request, signal) => model.score(request, signal),
  };
}
