// swift-tools-version: 6.2
import PackageDescription

/// What every target of ours is compiled with: Swift 6 mode, the upcoming features, and warnings as errors.
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
]

let protobuf: Target.Dependency = .product(name: "SwiftProtobuf", package: "swift-protobuf")
let collections: Target.Dependency = .product(name: "OrderedCollections", package: "swift-collections")
let grdb: Target.Dependency = .product(name: "GRDB", package: "GRDB.swift")
let sqlite: Target.Dependency = .product(name: "GRDBSQLite", package: "GRDB.swift")
let nioCore: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
let httpTypes: Target.Dependency = .product(name: "HTTPTypes", package: "swift-http-types")
let nioHTTP1: Target.Dependency = .product(name: "NIOHTTP1", package: "swift-nio")
let nioHTTPTypes: Target.Dependency = .product(name: "NIOHTTPTypes", package: "swift-nio-extras")
let nioPosix: Target.Dependency = .product(name: "NIOPosix", package: "swift-nio")
let nioSSL: Target.Dependency = .product(name: "NIOSSL", package: "swift-nio-ssl")
let nioTLS: Target.Dependency = .product(name: "NIOTLS", package: "swift-nio")
let x509: Target.Dependency = .product(name: "X509", package: "swift-certificates")
let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")
let asn1: Target.Dependency = .product(name: "SwiftASN1", package: "swift-asn1")
let hummingbird: Target.Dependency = .product(name: "Hummingbird", package: "hummingbird")
let hummingbirdTesting: Target.Dependency = .product(name: "HummingbirdTesting", package: "hummingbird")
let mustache: Target.Dependency = .product(name: "Mustache", package: "swift-mustache")
let lifecycle: Target.Dependency = .product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let signals: Target.Dependency = .product(name: "UnixSignals", package: "swift-service-lifecycle")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let arguments: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")
let yams: Target.Dependency = .product(name: "Yams", package: "Yams")
let csv: Target.Dependency = .product(name: "SwiftCSV", package: "SwiftCSV")
let xmlCoder: Target.Dependency = .product(name: "XMLCoder", package: "XMLCoder")

let package = Package(
    name: "liandong",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "liandong", targets: ["liandong"]),
        .executable(name: "liandong-sim", targets: ["liandong-sim"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-asn1", from: "1.7.0"),
        .package(url: "https://github.com/apple/swift-certificates", from: "1.21.0"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.0"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.4.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.29.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.0"),
        .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0"),
        .package(url: "https://github.com/CoreOffice/XMLCoder", from: "0.18.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.0"),
        .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/swiftcsv/SwiftCSV", from: "0.10.0"),
    ],
    targets: [
        .target(name: "CSimulatedDisk", linkerSettings: [.linkedLibrary("sqlite3")]),
        .systemLibrary(name: "CSodium", pkgConfig: "libsodium", providers: [.apt(["libsodium-dev"])]),
        .systemLibrary(
            name: "CMosquitto",
            pkgConfig: "libmosquitto",
            providers: [.apt(["libmosquitto-dev"])]
        ),
        .target(name: "LiandongCore", dependencies: [protobuf, collections], swiftSettings: strict),
        .target(name: "LiandongDomain", dependencies: ["LiandongCore", protobuf, collections], swiftSettings: strict),
        .target(name: "LiandongJSON", swiftSettings: strict),
        .target(name: "LiandongSigning", dependencies: ["LiandongCore", "CSodium"], swiftSettings: strict),
        .target(name: "LiandongReports", dependencies: ["LiandongCore", "LiandongDomain"], swiftSettings: strict),
        .target(
            name: "LiandongStore",
            dependencies: ["LiandongCore", "LiandongDomain", grdb, sqlite],
            swiftSettings: strict
        ),
        .target(
            name: "LiandongTransport",
            dependencies: ["LiandongCore", nioCore, nioPosix, nioSSL, nioTLS, x509, crypto, asn1, logging],
            swiftSettings: strict
        ),
        .target(
            name: "LiandongIngest",
            dependencies: ["LiandongCore", "LiandongDomain", "LiandongJSON"],
            swiftSettings: strict
        ),
        .target(
            name: "LiandongMQTT",
            dependencies: ["CMosquitto", crypto, logging],
            swiftSettings: strict
        ),
        .target(
            name: "LiandongOpen311",
            dependencies: ["LiandongCore", "LiandongDomain", xmlCoder],
            swiftSettings: strict
        ),
        .target(
            name: "LiandongWeb",
            dependencies: [
                "LiandongCore", "LiandongDomain", "LiandongJSON", "LiandongOpen311", "LiandongReports", hummingbird,
                httpTypes, nioCore, nioHTTP1, nioHTTPTypes, crypto, mustache, logging,
            ],
            resources: [.embedInCode("Pages/Templates"), .embedInCode("Pages/Assets")],
            swiftSettings: strict
        ),
        .target(
            name: "LiandongNode",
            dependencies: [
                "LiandongCore", "LiandongDomain", "LiandongReports", "LiandongSigning", "LiandongStore",
                "LiandongTransport", "LiandongOpen311", "LiandongWeb", "LiandongIngest", "LiandongMQTT", protobuf,
                hummingbird, nioCore, nioPosix, lifecycle, signals, logging,
            ],
            swiftSettings: strict
        ),
        .target(
            name: "LiandongSimulation",
            dependencies: [
                "CSimulatedDisk", "LiandongCore", "LiandongDomain", "LiandongSigning", "LiandongStore", protobuf,
            ],
            swiftSettings: strict
        ),
        .executableTarget(
            name: "liandong-sim",
            dependencies: ["LiandongSimulation", arguments],
            path: "Sources/LiandongSim",
            swiftSettings: strict
        ),
        .executableTarget(
            name: "liandong",
            dependencies: ["LiandongDomain", "LiandongNode", "LiandongReports", arguments, logging, yams, csv],
            swiftSettings: strict
        ),
        .testTarget(
            name: "LiandongCoreTests",
            dependencies: ["LiandongCore", "LiandongSigning", "LiandongSimulation", protobuf],
            swiftSettings: strict
        ),
        .testTarget(
            name: "LiandongDomainTests",
            dependencies: ["LiandongDomain", "LiandongSigning", "LiandongSimulation", protobuf],
            swiftSettings: strict
        ),
        .testTarget(
            name: "LiandongSigningTests",
            dependencies: ["LiandongCore", "LiandongSigning"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "LiandongStoreTests",
            dependencies: ["LiandongStore", "LiandongSigning", grdb],
            swiftSettings: strict
        ),
        .testTarget(
            name: "LiandongTransportTests",
            dependencies: ["LiandongTransport", "LiandongCore", "LiandongSigning", nioCore, nioPosix, nioSSL],
            swiftSettings: strict
        ),
        .testTarget(
            name: "LiandongIngestTests",
            dependencies: ["LiandongIngest", "LiandongDomain", "LiandongCore"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "LiandongMQTTTests",
            dependencies: ["LiandongMQTT", logging],
            swiftSettings: strict
        ),
        .testTarget(
            name: "LiandongOpen311Tests",
            dependencies: ["LiandongOpen311", "LiandongCore", "LiandongDomain"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "LiandongWebTests",
            dependencies: [
                "LiandongWeb", "LiandongJSON", "LiandongOpen311", "LiandongReports", "LiandongCore", "LiandongDomain",
                "LiandongSigning",
                hummingbird, hummingbirdTesting, httpTypes, nioCore, nioPosix, logging,
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "LiandongNodeTests",
            dependencies: [
                "LiandongNode", "LiandongReports", "LiandongCore", "LiandongDomain", "LiandongIngest", "LiandongMQTT",
                "LiandongSigning", "LiandongSimulation", "LiandongStore", "LiandongWeb", logging,
            ],
            swiftSettings: strict
        ),
        .testTarget(name: "LiandongSimulationTests", dependencies: ["LiandongSimulation"], swiftSettings: strict),
        .testTarget(
            name: "ClusterTests",
            dependencies: [
                "LiandongCore", "LiandongJSON", "LiandongNode", "LiandongReports", "LiandongSigning",
                "LiandongTransport", "LiandongWeb", nioCore, nioPosix, nioSSL, protobuf, csv,
            ],
            swiftSettings: strict
        ),
    ]
)

// Built only where they are asked for: scripts/bench and scripts/bench-reconciliation.
if Context.environment["LIANDONG_BENCHMARKS"] != nil {
    package.targets += [
        .executableTarget(
            name: "reconciliation-bench",
            dependencies: ["LiandongCore", "LiandongSigning", protobuf],
            path: "Tests/Benchmarks/Reconciliation",
            swiftSettings: strict
        ),
        .executableTarget(
            name: "replica-bench",
            dependencies: [
                "LiandongCore", "LiandongDomain", "LiandongNode", "LiandongSigning", "LiandongStore", protobuf,
            ],
            path: "Tests/Benchmarks/Replica",
            swiftSettings: strict
        ),
    ]
}

// Built only where it is asked for, with the fuzzer's instrumentation: scripts/fuzz.
if Context.environment["LIANDONG_FUZZING"] != nil {
    package.targets.append(
        .executableTarget(
            name: "liandong-fuzz",
            dependencies: [
                "LiandongCore", "LiandongDomain", "LiandongIngest", "LiandongJSON", "LiandongSigning",
                "LiandongOpen311", protobuf,
            ],
            path: "Tests/Fuzzing",
            exclude: ["seeds.py"],
            swiftSettings: strict + [.unsafeFlags(["-parse-as-library"])]
        )
    )
}
