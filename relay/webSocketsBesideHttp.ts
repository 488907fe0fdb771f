/**
 * libp2p's WebSocket transport, with an HTTP application on the same port: one origin for the page, its files and the
 * mesh, so that one certificate or one open port is enough.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { webSockets } from '@libp2p/websockets';

export type HttpHandler = (request: IncomingMessage, response: ServerResponse) => void;

/** PEM texts. With them the port speaks https and wss instead of http and ws. */
export interface TlsFiles {
  readonly key: string;
  readonly cert: string;
}

type WebSocketsFactory = ReturnType<typeof webSockets>;

export function webSocketsBesideHttp(onRequest: HttpHandler, tls?: TlsFiles): WebSocketsFactory {
  const factory = webSockets(tls ? { https: { key: tls.key, cert: tls.cert } } : {});
  return (components) => {
    const transport = factory(components);
    const createListener = transport.createListener.bind(transport);
    transport.createListener = (options) => {
      const listener = createListener(options);
      // libp2p's listener makes its HTTP server when it starts to listen, and hands it this method for plain requests.
      if (!('httpRequestHandler' in listener)) throw new Error('this version of @libp2p/websockets has no HTTP handler to replace');
      listener.httpRequestHandler = onRequest;
      return listener;
    };
    return transport;
  };
}
