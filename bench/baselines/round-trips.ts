/** So many requests to the stand-in, one after the other on one connection: what its delay comes to. */
export async function handler({ roundTrips }: { roundTrips: number }) {
  for (let trip = 0; trip < roundTrips; trip++) {
    await (await fetch(`${process.env.GENESYS_ENV}/api/v2/users`)).arrayBuffer();
  }
}
