import type { NodeCondition } from '@assay/client';
import { AssayError } from '@assay/protocol';
import type { Answer, ChatService, InferenceRequest } from '@assay/roles/ports/chat';
import type { OperatorService, RoleControl } from '../http/port.ts';
import type { BuiltRoles } from './build-roles.ts';

/** What the API asks of the roles of its node, which are there once the chain is current. */
export class FrontDesk implements ChatService, OperatorService {
  readonly #conditionOf: (running: readonly RoleControl[]) => NodeCondition;
  #built: BuiltRoles | null = null;

  constructor(conditionOf: (running: readonly RoleControl[]) => NodeCondition) {
    this.#conditionOf = conditionOf;
  }

  open(built: BuiltRoles): void {
    this.#built = built;
  }

  async ask(apiKey: string, request: InferenceRequest, signal: AbortSignal): Promise<Answer> {
    return this.#chat().ask(apiKey, request, signal);
  }

  models(): ReturnType<ChatService['models']> {
    return this.#chat().models();
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

  /** Whether a mixer of this node has a task in hand or waiting for its certificate. */
  isPending(taskId: string): boolean {
    return this.#built?.isPending(taskId) ?? false;
  }

  #roles(): BuiltRoles {
    if (this.#built === null) throw new AssayError('CATCHING_UP');
    return this.#built;
  }

  #chat(): ChatService {
    const { gateway } = this.#roles();
    if (gateway === null) throw new AssayError('NO_GATEWAY');
    return gateway;
  }
}
