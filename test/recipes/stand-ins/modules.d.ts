// What a recipe uses of a module that is not installed here, since it needs a later Node than the floor.

declare module "@platformatic/kafka" {
  export interface Message<Key, Value, HeaderKey, HeaderValue> {
    key: Key;
    value: Value;
    headers: Map<HeaderKey, HeaderValue>;
    topic: string;
    partition: number;
    offset: bigint;
    commit(): void | Promise<void>;
  }
  export const MessagesStreamModes: { COMMITTED: "committed" };
  export const stringDeserializers: object;
  export class Consumer {
    constructor(options: {
      clientId: string;
      groupId: string;
      bootstrapBrokers: string[];
      deserializers: object;
    });
    consume(options: {
      topics: string[];
      autocommit: boolean;
      mode: "committed";
    }): Promise<AsyncIterable<Message<string, string, string, string>>>;
  }
}
