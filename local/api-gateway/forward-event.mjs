// The handler that serverless-offline runs instead of every function: sends the event to the parent
// process, which runs the functions, and waits for the response.
import process from 'node:process';

/** API Gateway's response if a function throws or cannot be started. */
const INTERNAL_SERVER_ERROR = {
  statusCode: 500,
  headers: { 'content-type': 'application/json' },
  body: '{"message":"Internal Server Error"}',
};

const pending = new Map();
let lastId = 0;

process.on('message', ({ id, response, failed }) => {
  pending.get(id)?.(failed ? INTERNAL_SERVER_ERROR : response);
  pending.delete(id);
});

export function handler(event, { functionName }) {
  return new Promise((resolve) => {
    lastId += 1;
    pending.set(lastId, resolve);
    process.send({ type: 'invoke', id: lastId, functionName, event: asSent(event) });
  });
}

/** Restores the headers that the caller sent, if any (see serverless-plugin.mjs). */
function asSent(event) {
  const {
    'content-type': _made,
    'x-original-content-type': contentType,
    'x-original-origin': origin,
    ...headers
  } = event.headers;
  return {
    ...event,
    headers: {
      ...headers,
      ...(contentType && { 'content-type': contentType }),
      ...(origin && { origin }),
    },
  };
}
