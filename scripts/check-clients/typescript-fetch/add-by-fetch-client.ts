import { deepEqual, equal, ok } from 'node:assert/strict';
import {
  Configuration,
  ParticipantsApi,
  ProblemFromJSON,
  type RequestBody,
  RequestsApi,
  ResponseError,
} from 'generated-client';

const conversationId = 'b0a7ca11-0000-4000-8000-000000000001';
const jun = 'a9e7c000-0000-4000-8000-000000000010';
const address = '+15551230197';

const { API = '', TOKEN = '' } = process.env;
const configuration = new Configuration({ basePath: API, accessToken: TOKEN });
const participants = new ParticipantsApi(configuration);
const requestBody: RequestBody = {
  participants: [{ id: jun, role: 'agent' }, { address }],
  deadlineSeconds: 60,
};

/** Adds people with the client that openapi-generator generates, reads the request, and gets an error. */
export async function addByFetchClient(): Promise<void> {
  const added = await participants.addParticipants({ conversationId, requestBody });
  const requests = new RequestsApi(configuration);
  const request = await requests.getRequest({ requestId: added.requestId, prefer: 'wait=20' });
  equal(request.status, 'SUCCESS');
  deepEqual(
    request.participants.map((one) => [one.id ?? one.address, one.outcome]),
    [
      [jun, 'ADDED'],
      [address, 'ADDED'],
    ],
  );

  const error = await participants
    .addParticipants({ conversationId, requestBody: { participants: [] } })
    .catch((refusal: unknown) => refusal);
  ok(error instanceof ResponseError);
  equal(error.response.status, 422);
  const problem = ProblemFromJSON(await error.response.json());
  deepEqual(
    problem.errors?.map(({ pointer }) => pointer),
    ['/participants'],
  );
}

await addByFetchClient();
