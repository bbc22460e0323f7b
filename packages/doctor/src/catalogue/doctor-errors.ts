import type { ErrorEntry } from '@dynsrv/cluster'

/** What only the doctor sees: things that no single call can know. */
export const DOCTOR_ERRORS = {
  DOCTOR_ADDRESS_FOREIGN: {
    happened: 'A name of the cluster has an address outside its networks.',
    why: 'A container asked the DNS of its host, or a search domain was put behind the name.',
    remedy: 'Use a name with a dot that the cluster itself resolves (an alias or a hostname), and lower ndots.',
  },
  DOCTOR_ALONE: {
    happened: 'Discovery works and names nobody but this node.',
    why: 'The others are not registered yet, are unhealthy, or are registered under another service.',
    remedy: 'Start the others, and look at how they register: the same service name, and passing health checks.',
  },
  DOCTOR_CHECK_FAILED: {
    happened: 'The doctor could not finish one of its checks.',
    why: 'Something unexpected was in the way; the message tells.',
    remedy: 'Correct what the message names and run the doctor again.',
  },
  DOCTOR_CLUSTER_DOMAIN: {
    happened: 'The service is asked for under a cluster domain that this cluster does not have.',
    why: 'Kubernetes clusters may be installed with another domain than cluster.local.',
    remedy: 'Use the domain that the search list of /etc/resolv.conf shows.',
  },
  DOCTOR_COMPOSE_COOKIE: {
    happened: 'Services of the Compose file have different cookies, or some have none.',
    why: 'Each RELEASE_COOKIE is written by itself, and nodes with different cookies refuse each other.',
    remedy: 'Write RELEASE_COOKIE: $ERL_COOKIE at every service and put the secret into the environment or .env.',
  },
  DOCTOR_COMPOSE_DISTRIBUTION: {
    happened: 'A service of the Compose file does not use long names.',
    why: 'A release uses short names unless RELEASE_DISTRIBUTION is name, and Erlang never mixes the two.',
    remedy: 'Set RELEASE_DISTRIBUTION: name at every service.',
  },
  DOCTOR_COMPOSE_FILE: {
    happened: 'The Compose file cannot be read.',
    why: 'It is missing, is no YAML, or has no services.',
    remedy: 'Give the path of a docker-compose.yml whose YAML is sound.',
  },
  DOCTOR_COMPOSE_HOSTNAME: {
    happened: 'A service of the Compose file has no hostname that a long node name can use.',
    why: 'Docker makes up a container id as host name, and a long node name needs a host with a dot.',
    remedy: 'Give the service a hostname with a dot, such as api.my_network, and the same as a network alias.',
  },
  DOCTOR_COMPOSE_LITERAL_COOKIE: {
    happened: 'A cookie is written into the Compose file.',
    why: 'Whoever reads the file or its history can run code in the cluster.',
    remedy: 'Write RELEASE_COOKIE: $ERL_COOKIE and keep the secret in the environment, .env or a Docker secret.',
  },
  DOCTOR_COMPOSE_NAME: {
    happened: 'RELEASE_NODE of a service does not name its own host.',
    why: 'Peers look up the part behind the @; when the container has another hostname they find nobody.',
    remedy: 'Let RELEASE_NODE end with @ and the hostname of the same service.',
  },
  DOCTOR_COMPOSE_NETWORK: {
    happened: 'Services of the Compose file share no network.',
    why: 'A service that lists networks is on those alone; one that lists none is on "default".',
    remedy: 'List one common network at every service, infrastructure such as databases included.',
  },
  DOCTOR_CONNECT_ALL_OFF: {
    happened: 'A node runs with connect_all false.',
    why: 'It builds no full mesh by itself: it knows only those that it dialled or that dialled it.',
    remedy: 'Start it without -connect_all false, or let its discovery dial every member.',
  },
  DOCTOR_COOKIE_WEAK: {
    happened: 'The cookie can be guessed or is known to others.',
    why: 'It is short, a common word, made up by Erlang itself, or in a file that others can read.',
    remedy: 'Make one with: dynsrv cookie new (or openssl rand -base64 32), and give its file mode 0400.',
  },
  DOCTOR_DNS_ROTATES: {
    happened: 'Each DNS answer shows another part of the members.',
    why: 'The server limits the number of records in an answer and turns them round.',
    remedy: 'Ask a source without an answer limit (TCP, the HTTP API of the registry), or raise the limit.',
  },
  DOCTOR_DNS_TRIMS: {
    happened: 'The DNS server leaves members out of its UDP answers without saying so.',
    why: 'The answer is larger than a datagram, and the server does not set the TC bit that asks for TCP.',
    remedy: 'Let it set the bit (Consul: dns_config.enable_truncate = true), or ask over TCP.',
  },
  DOCTOR_DUPLICATE_NAME: {
    happened: 'Two live nodes answer to one name.',
    why: 'Two instances were started under the same name, or two records give the same label.',
    remedy: 'Give each instance a label of its own, for instance from its allocation or pod.',
  },
  DOCTOR_EPMD_DISAGREES: {
    happened: 'epmd and the SRV record name different ports for one node.',
    why: 'The node registered with epmd listens on another port than the orchestrator published.',
    remedy: 'Start nodes with -start_epmd false -epmd_module dynsrv_epmd and ERL_DIST_PORT, so that one port counts.',
  },
  DOCTOR_EVENT_LOOP: {
    happened: 'This process was stopped for long.',
    why: 'The machine has too little CPU, or code blocks the event loop; ticks come late and peers drop the link.',
    remedy: 'Give the machine more CPU, and move long computations into a worker.',
  },
  DOCTOR_FAMILY_DEAD: {
    happened: 'A node answers on IPv4 or on IPv6 only, but DNS gives both addresses.',
    why: 'The node listens on one family, or there is no way over the other.',
    remedy: 'Remove the record of the dead family, or start the node with -proto_dist inet6_tcp.',
  },
  DOCTOR_GLOBAL_BLOCKED: {
    happened: 'A visible node takes no part in global, so global:sync waits for it.',
    why: 'It is no BEAM node, or one that hangs: it is listed by nodes() and never answers global_name_server.',
    remedy: 'Let it join as a hidden node, which is the default of dynsrv.',
  },
  DOCTOR_GOSSIP_DEAF: {
    happened: 'No gossip of any node was heard.',
    why: 'Networks of clouds and of Docker do not carry multicast, or nobody gossips here.',
    remedy: 'Use SRV records, or set the broadcast address of the network.',
  },
  DOCTOR_GOSSIP_FOREIGN: {
    happened: 'Gossip was heard that cannot be read.',
    why: 'The packets are encrypted with another secret, or with one where none is set here.',
    remedy: 'Give every node the same secret.',
  },
  DOCTOR_HOST_RANDOM: {
    happened: 'The host part of our name is the id of a container.',
    why: 'Docker makes it up at each start; nobody else can look it up, and peers keep the dead ones.',
    remedy: 'Set hostname: in Compose, or a fixed RELEASE_NODE.',
  },
  DOCTOR_HOST_UNKNOWN: {
    happened: 'The host of our own name has no address, so nobody can dial us back.',
    why: 'There is no record for it where the others look.',
    remedy: 'Register an address for it: a hostname, a network alias, or the address of the service in Consul.',
  },
  DOCTOR_LARGE_STALLS: {
    happened: 'Small messages pass and large ones stall.',
    why: 'The way between the nodes loses large packets: a tunnel with a smaller MTU, and ICMP is filtered.',
    remedy: 'Lower the MTU of the interface (1400 is a good try), or let ICMP "fragmentation needed" pass.',
  },
  DOCTOR_LEAVER_CONNECTED: {
    happened: 'A node that is not registered any more is still connected.',
    why: 'It goes on dialling after its record was taken away.',
    remedy: 'Stop its discovery first when it leaves: drain() does that in dynsrv.',
  },
  DOCTOR_LOOPBACK_ONLY: {
    happened: 'Our node listens on 127.0.0.1 only.',
    why: 'inet_dist_use_interface or the listen address binds it there; other machines are refused.',
    remedy: 'Leave inet_dist_use_interface (or --host) out, or set it to the address that the others dial.',
  },
  DOCTOR_MEMBER_FLAPS: {
    happened: 'A member comes and goes while the doctor watches.',
    why: 'Its health check fails now and then, it is restarted again and again, or the way to it breaks.',
    remedy: 'Look at the log of that node and at its health check: what happens each time it goes?',
  },
  DOCTOR_MESH_BROKEN: {
    happened: 'Not every member is connected to every other.',
    why: 'A link between two of them fails; since OTP 25 the others drop one of the two as well.',
    remedy:
      'Erlang expects every node to be connected to every other. Run the doctor on the machine of one of these two. If neither looks for members by itself (libcluster, dynsrv), they never meet: one of them has to connect to the other.',
  },
  DOCTOR_NAME_OVERRIDDEN: {
    happened: 'The node that runs here goes by another name than RELEASE_NODE.',
    why: 'A script such as env.sh.eex sets the name again when the release starts.',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is what a shell reads
    remedy: 'Write RELEASE_NODE="${RELEASE_NODE:-…}" there, so that what is set counts.',
  },
  DOCTOR_NEGATIVE_CACHE: {
    happened: 'Resolvers may remember for some time that the service does not exist.',
    why: 'The zone tells them so (the minimum of its SOA record).',
    remedy: 'Register members before the others ask, or lower the negative TTL.',
  },
  DOCTOR_NODE_DNS: {
    happened: "Node's own DNS functions do not understand this server.",
    why: 'It compresses SRV targets, which newer versions of Node refuse (EBADRESP).',
    remedy: 'Nothing to do: dynsrv has a resolver of its own that reads it. Do not use dns.resolveSrv here.',
  },
  DOCTOR_NOT_REGISTERED: {
    happened: 'Our node runs, but the service does not name it.',
    why: 'Its health check fails, or the service publishes only those that are ready.',
    remedy: 'Look at the health check; in Kubernetes set publishNotReadyAddresses: true at the headless service.',
  },
  DOCTOR_NO_MEMBERS: {
    happened: 'Discovery works and names nobody.',
    why: 'The name is misspelled, nobody registered, or the selector of the service matches nothing.',
    remedy: 'Compare the name with the registration, and the labels of the instances with the selector.',
  },
  DOCTOR_OWN_ADDRESS: {
    happened: 'DNS gives our own name an address that this machine does not have.',
    why: 'An old record, or a port mapping with an address of the host.',
    remedy: 'Register the address under which the others reach this machine.',
  },
  DOCTOR_PORT_DIFFERS: {
    happened: 'Our SRV record names another port than the one that we listen on.',
    why: 'ERL_DIST_PORT and the registration are set in two places, or the network maps the port.',
    remedy: 'Publish ERL_DIST_PORT itself, or map the published port to it (Nomad: to = …).',
  },
  DOCTOR_RESOLV_CONF: {
    happened: 'There is no DNS server to ask.',
    why: 'No --dns is given, and /etc/resolv.conf is missing or names none.',
    remedy: 'Give a server with --dns HOST:PORT, or correct /etc/resolv.conf.',
  },
  DOCTOR_RESOLV_CONF_CHANGED: {
    happened: '/etc/resolv.conf changed while the doctor watched.',
    why: 'The machine moved to another network, or its DNS servers were replaced.',
    remedy: 'dynsrv reads the file again by itself; restart programs that do not, among them Erlang nodes.',
  },
  DOCTOR_SERVICE_UNKNOWN: {
    happened: 'The DNS server does not know the name of the service.',
    why: 'The name is misspelled, nobody registered, or this server does not serve the zone.',
    remedy:
      'Compare the name with the registration, letter by letter, and the DNS server with the one of the registry.',
  },
  DOCTOR_SERVICE_NETWORK: {
    happened: 'The name is unknown on the networks of this container.',
    why: 'Compose gives two services a common network only when both list it.',
    remedy: 'List the same network at both services, also at infrastructure such as databases and DNS.',
  },
  DOCTOR_SETTING_UNKNOWN: {
    happened: 'A setting has a name that nobody reads.',
    why: 'It is misspelled, or belongs to another library.',
    remedy: 'Use the name that is proposed.',
  },
  DOCTOR_SHORT_AND_LONG: {
    happened: 'Short and long names are mixed.',
    why: 'Erlang never connects a node with short names (-sname) to one with long names (-name).',
    remedy: 'Set RELEASE_DISTRIBUTION=name everywhere, with a host that has a dot or is an address.',
  },
  DOCTOR_TAG_MISSING: {
    happened: 'A member has no SRV record of its own.',
    why: 'BEAM nodes with libcluster_dynamic_srv ask SRV and A of label.service; Consul answers that for a tag.',
    remedy: 'Register each instance with its label as a tag, or use the companion dynsrv_epmd, which needs none.',
  },
  DOCTOR_TARGETS_IGNORED: {
    happened: 'SRV records are there, but their targets make no node names.',
    why: 'A target must be <label>.<service>; Consul answers with machine names unless the address is such a name.',
    remedy:
      'Register the address <label>.<service>, or choose another mapping (wholeTarget, byTag, byTxt) for strategies.',
  },
  DOCTOR_TICK_DIFFERS: {
    happened: 'Nodes have different tick times.',
    why: 'A node with a short net_ticktime drops one that ticks rarely, as soon as the link is idle.',
    remedy: 'Give all nodes the same net_ticktime and net_tickintensity.',
  },
  DOCTOR_TLS_CERTIFICATE: {
    happened: 'The certificate of a node does not fit.',
    why: 'It is expired, is for other names, or may not be used for both roles.',
    remedy: 'Issue one whose SAN holds the host of the node name, for serverAuth and clientAuth.',
  },
  DOCTOR_TLS_MISMATCH: {
    happened: 'One side distributes over TLS, the other over plain TCP.',
    why: 'The node was started with -proto_dist inet_tls and this side without, or the other way round.',
    remedy: 'Use TLS on both sides (here: --tls) or on none.',
  },
  DOCTOR_TLS_UNDERSCORE: {
    happened: 'The host of a node name has an underscore, and TLS is used.',
    why: 'Certificates name hosts, and a host name has no underscore; many checks refuse it.',
    remedy: 'Rename the host with a dash in place of the underscore.',
  },
  DOCTOR_TTL_LONG: {
    happened: 'Answers may be kept longer than the time between two polls.',
    why: "A cache repeats old answers until the TTL is over; Docker's own DNS always says 600 seconds.",
    remedy: 'Lower the TTL of the records, or ask the registry itself (--dns).',
  },
  DOCTOR_TTL_ZERO: {
    happened: 'Answers may not be kept at all, and there are many questions.',
    why: 'The TTL is 0, and each node asks at each poll.',
    remedy: 'Let the registry give a TTL of some seconds (Consul: dns_config.service_ttl), or poll less often.',
  },
  DYNSRV_SMALL_CREATION: {
    happened: 'A node has a creation of 3 or less.',
    why: 'Its epmd module counts from 1 to 3: one restart in three gets the same, and old pids reach new processes.',
    remedy:
      'Its epmd module gives creations of 3 or less: return -1 or a random number of 4 or more from register_node.',
  },
} as const satisfies Readonly<Record<string, ErrorEntry>>

/** The codes of what only the doctor sees. */
export type DoctorCode = keyof typeof DOCTOR_ERRORS
