/** The questions that every widget with tracks asks: greeting, catalog, and whether anyone is there. */
import { decodeCatalog, decodeHello, type Catalog, type Hello } from "./answers.js";
import { Channel, type RequestOptions, type WireModel } from "./channel.js";
import type { FrameScheduler } from "./viewport_queue.js";

export interface ClientOptions {
  readonly clientVersion?: string;
  readonly host?: string;
  readonly frame?: FrameScheduler;
}

export class CatalogClient extends Channel {
  readonly #clientVersion: string;
  readonly #host: string;

  constructor(model: WireModel, options: ClientOptions = {}) {
    super(model, options.frame);
    this.#clientVersion = options.clientVersion ?? "";
    this.#host = options.host ?? "";
  }

  /** The first request; afterwards all others carry the kernel's data revision. */
  async hello(options?: RequestOptions): Promise<Hello> {
    const body = { client_version: this.#clientVersion, host: this.#host };
    const hello = decodeHello(await this.request("hello", body, options));
    this.rev = hello.revs.data;
    return hello;
  }

  async catalog(options?: RequestOptions): Promise<Catalog> {
    return decodeCatalog(await this.request("catalog", {}, options));
  }

  async ping(options?: RequestOptions): Promise<void> {
    await this.request("ping", {}, options);
  }
}
