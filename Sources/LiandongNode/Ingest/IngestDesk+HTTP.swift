import LiandongDomain
import LiandongIngest
import LiandongStore
import LiandongWeb
import Synchronization

extension IngestDesk: DeviceDesk {
    func check(token: String) async throws {
        guard let record = try await device(token: token), try await known(record) != nil else {
            counters.withLock { $0.unauthorized += 1 }
            throw DeviceDeskError.unauthorized
        }
    }

    func take(_ delivery: DeviceDelivery) async throws -> DeviceReceipt {
        guard let format = MessageFormat(rawValue: delivery.format) else {
            throw DeviceDeskError.undecodable("the form \(delivery.format) is not known")
        }
        do {
            guard let record = try await device(token: delivery.token), let known = try await known(record) else {
                counters.withLock { $0.unauthorized += 1 }
                throw DeviceDeskError.unauthorized
            }
            let parcel = Parcel(
                known: known,
                bytes: delivery.bytes,
                format: format,
                source: "http",
                receivedAt: now(),
                key: delivery.idempotency.map {
                    // A device's keys are its own: another's are no help to it.
                    LiandongStore.IdempotencyKey(key: "device/\(record)/\($0.text)", digest: $0.bodyHash)
                }
            )
            do { return try await take(parcel) } catch let refusal as Refusal where IngestDesk.isOfTheMessage(refusal) {
                // It would be refused again, and no other way brings it here.
                try await setAside(parcel, refusal.reason)
                throw DeviceDeskError.undecodable(refusal.reason)
            }
        } catch let error as StoreError {
            switch error.code {
            case .busy: throw DeviceDeskError.busy(error.reason)
            case .readOnly, .stopped: throw DeviceDeskError.readOnly(error.reason)
            case .keyReused: throw DeviceDeskError.conflict(error.reason)
            default: throw error
            }
        } catch let refusal as Refusal {
            throw DeviceDeskError.readOnly(refusal.description)
        }
    }
}
