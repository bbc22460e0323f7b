# One job, two groups: an Elixir release and a TypeScript service that form one cluster. Every instance listens on a port
# that Nomad picks and Consul tells; there is no epmd and no fixed port.
job "shop" {
  datacenters = ["dc1"]

  group "shop" {
    count = 2

    network {
      port "dist" {}
    }

    service {
      name = "shop"
      port = "dist"
      # The tag is the part before the @ of the node's name.
      tags = ["shop-${NOMAD_ALLOC_INDEX}"]

      check {
        type     = "tcp"
        interval = "5s"
        timeout  = "2s"
      }
    }

    task "release" {
      driver = "exec"

      config {
        command = "local/shop/bin/shop"
        args    = ["start"]
      }

      env {
        RELEASE_DISTRIBUTION = "name"
        RELEASE_NODE         = "shop-${NOMAD_ALLOC_INDEX}@shop.service.consul"
        ERL_DIST_PORT        = "${NOMAD_PORT_dist}"
        DYNSRV_DNS           = "127.0.0.1:8600"
        ELIXIR_ERL_OPTIONS   = "-start_epmd false -epmd_module dynsrv_epmd"
      }

      template {
        data        = "RELEASE_COOKIE={{ with secret \"kv/shop\" }}{{ .Data.cookie }}{{ end }}"
        destination = "secrets/cookie.env"
        env         = true
      }
    }
  }

  group "prices" {
    network {
      port "dist" {}
    }

    service {
      name = "shop"
      port = "dist"
      tags = ["prices-${NOMAD_ALLOC_INDEX}"]

      check {
        type     = "tcp"
        interval = "5s"
        timeout  = "2s"
      }
    }

    task "service" {
      driver = "exec"

      config {
        command = "node"
        args    = ["local/prices.ts"]
      }

      # Consul forgets the instance first; the others disconnect before the process goes.
      shutdown_delay = "2s"
      kill_timeout   = "15s"

      env {
        RELEASE_NODE     = "prices-${NOMAD_ALLOC_INDEX}@shop.service.consul"
        ERL_DIST_PORT    = "${NOMAD_PORT_dist}"
        CONSUL_DNS       = "127.0.0.1:8600"
        CONSUL_HTTP_ADDR = "http://127.0.0.1:8500"
      }

      template {
        data        = "RELEASE_COOKIE={{ with secret \"kv/shop\" }}{{ .Data.cookie }}{{ end }}"
        destination = "secrets/cookie.env"
        env         = true
      }
    }
  }
}
