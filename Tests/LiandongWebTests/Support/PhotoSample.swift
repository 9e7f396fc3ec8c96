import Foundation
import LiandongCore
import LiandongReports

/// An order and photos to show.
enum Sample {
    static let comment: [UInt8] = [0xFF, 0xFE, 0, 5, 1, 2, 3]

    /// - Parameter filling: bytes of the picture besides.
    static func jpeg(_ others: [UInt8] = [], filling: Int = 0) -> [UInt8] {
        let frame: [UInt8] = [0xFF, 0xC0, 0, 11, 8, 0, 8, 0, 16, 1, 1, 0x11, 0]
        let scan: [UInt8] = [0xFF, 0xDA, 0, 8, 1, 1, 0, 0, 0x3F, 0, 1, 2, 3]
        return [0xFF, 0xD8] + others + frame + scan + [UInt8](repeating: 7, count: filling) + [0xFF, 0xD9]
    }

    static func order(_ number: String, _ record: RecordID, _ digest: String) throws -> OrderReport {
        let place = #"{"code":"1","name":"东一社区"}"#
        let time = "2026-11-22T08:00:00Z"
        let json = """
            {"schema":"liandong.order/1","as_of":"\(time)","record":"\(record)","number":"\(number)","numbers":[],
            "status":"submitted","is_open":true,"service":"0303","round":1,"accepted_at":\(place),"place":\(place),
            "holders":[],"papers_at":\(place),"requested_at":"\(time)","updated_at":"\(time)","attributes":[],"media":[],
            "attachments":[{"digest":"\(digest)","media_type":"image/jpeg","byte_count":36,"parts":2,"parts_here":2,
            "added_at":"\(time)","by":\(place),"role":"resident"}],
            "deadline":{"started_at":"\(time)","due":"\(time)","provisional":false,"overdue":false},
            "references":[],"offers":[],"leads":[],"conflicts":[],"events":[],"verifying":false,"acts":[]}
            """
        return try ReportCoding.decoder.decode(OrderReport.self, from: Data(json.utf8))
    }
}
