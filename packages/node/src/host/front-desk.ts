import type { NodeCondition } from '@assay/client';
import { AssayError, type Ref } from '@assay/protocol';
import type { QueueView } from '@assay/roles/mixer/index';
import type { Answer, ChatService, InferenceRequest } from '@assay/roles/ports/chat';
import type { Runtime } from '@assay/roles/ports/runtime';
import type { OperatorService, RoleControl } from '../http/port.ts';
import type { BuiltRoles } from './build-roles.ts';

/** Answers whose tasks are taken to be under way, with a mixer of another node; the oldest leaves first. */
const maxAnswered = 4096;
/** So long after its answer began a task of another node's mixer is certified, or is not going to be. */
const answeredMs = 180_000;

type Built = Omit<BuiltRoles, 'gateway'> & { readonly gateway: ChatService | null };

/** What the API asks of the roles of its node, which are there once the chain is current. */
export class FrontDesk implements ChatService, OperatorService {
  readonly #conditionOf: (running: readonly RoleControl[]) => NodeCondition;
  readonly #runtime: Pick<Runtime, 'monotonicMs'>;
  /** When each answer began, by its task. */
  readonly #answered = new Map<string, number>();
  #built: Built | null = null;

  constructor(conditionOf: (running: readonly RoleControl[]) => NodeCondition, runtime: Pick<Runtime, 'monotonicMs'>) {
    this.#conditionOf = conditionOf;
    this.#runtime = runtime;
  }

  open(built: Built): void {
    this.#built = built;
  }

  async ask(apiKey: string, request: InferenceRequest, signal: AbortSignal): Promise<Answer> {
    const answer = await this.#chat().ask(apiKey, request, signal);
    this.#answered.set(answer.taskId.replace(/^0x/, ''), this.#runtime.monotonicMs());
    const [oldest] = this.#answered.keys();
    if (this.#answered.size > maxAnswered && oldest !== undefined) this.#answered.delete(oldest);
    return answer;
  }

  models(apiKey: string): ReturnType<ChatService['models']> {
    return this.#chat().models(apiKey);
  }

  knowsKey(apiKey: string): boolean {
    return this.#chat().knowsKey(apiKey);
  }

  condition(): NodeCondition {
    return this.#conditionOf(this.list());
  }

  list(): readonly RoleControl[] {
    return this.#built?.roles.list() ?? [];
  }

  async set(name: string, running: boolean): Promise<RoleControl | null> {
    return this.#roles().roles.set(name, running);
  }

  queues(domain: Ref<'domains'>, models: readonly Ref<'models'>[]): QueueView[] {
    return this.#built?.queues(domain, models) ?? [];
  }

  /** Whether a mixer has a task in hand, or waiting for its certificate: one of this node, or one its gateway asked. */
  isPending(taskId: string): boolean {
    if (this.#built?.isPending(taskId) === true) return true;
    const begunMs = this.#answered.get(taskId);
    return begunMs !== undefined && this.#runtime.monotonicMs() - begunMs < answeredMs;
  }

  #roles(): Built {
    if (this.#built === null) throw new AssayError('CATCHING_UP');
    return this.#built;
  }

  #chat(): ChatService {
    const { gateway } = this.#roles();
    if (gateway === null) throw new AssayError('NO_GATEWAY');
    return gateway;
  }
}
