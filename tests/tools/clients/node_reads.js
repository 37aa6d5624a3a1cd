// Read and write with `node-marketo-rest`, and print the results as JSON.
const net = require("net");
const connect = net.Socket.prototype.connect;
// Map names below mktorest.com to this machine, like a line in the hosts file.
const dns = require("dns");
const lookup = dns.lookup;
dns.lookup = (name, options, done) =>
  name.endsWith(".mktorest.com") ? lookup("127.0.0.1", options, done) : lookup(name, options, done);
net.Socket.prototype.connect = function redirected(...all) {
  for (const one of [].concat(...all)) {
    if (one && typeof one === "object" && /\.mktorest\.com$/.test(one.host || "")) {
      one.port = Number(process.env.SANDBOX_PORT);
    }
  }
  return connect.apply(this, all);
};

const Marketo = require("node-marketo-rest");

const base = "https://123-abc-456.mktorest.com";
const [clientId, clientSecret, startAt, endAt] = process.argv.slice(2);
const marketo = new Marketo({
  endpoint: `${base}/rest`,
  identity: `${base}/identity`,
  clientId,
  clientSecret,
});

const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

async function exported(api, ...what) {
  const job = await api.create(...what);
  const { exportId } = job.result[0];
  await api.enqueue(exportId);
  for (;;) {
    const { status } = (await api.status(exportId)).result[0];
    if (status === "Completed") break;
    await sleep(200);
  }
  return String(await api.file(exportId));
}

async function main() {
  const count = async (answer) => (await answer).result.length;
  const done = {};
  done.lead = (await marketo.lead.byId(1001)).result;
  done.leads = (await marketo.lead.find("id", [1001, 1002])).result;
  done.describe = await count(marketo.lead.describe());
  done.partitions = await count(marketo.lead.partitions());
  const page = await marketo.lead.getPageToken("2026-11-01T00:00:00Z");
  done.activities = (await marketo.lead.getActivities([1001], [6, 12], page.nextPageToken)).success;
  done.types = await count(marketo.activities.getActivityTypes());
  done.lists = await count(marketo.list.find());
  done.listed = await count(marketo.list.getLeads(1));
  done.member = (await marketo.list.isMember(1, [1001])).success;
  done.campaigns = await count(marketo.campaign.getCampaigns());
  done.smartCampaigns = await count(marketo.campaign.getSmartCampaigns());
  done.emails = await count(marketo.email.getEmails());
  done.content = await count(marketo.email.getEmailContent(1));
  done.landingPages = await count(marketo.landingPage.getLandingPages());
  done.smartLists = await count(marketo.smartList.find());
  done.usage = await count(marketo.stats.usage());
  const input = [{ email: "node@example.com", firstName: "Node" }];
  done.synced = (await marketo.lead.createOrUpdate(input)).result;
  done.added = (await marketo.list.addLeadsToList(1, [done.synced[0].id])).result;
  const dates = { createdAt: { startAt, endAt } };
  done.leadFile = await exported(marketo.bulkLeadExtract, ["id", "email"], dates);
  done.activityFile = await exported(marketo.bulkActivityExtract, dates);
  console.log(JSON.stringify(done));
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
